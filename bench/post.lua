-- wrk script: POST /users, every request with an e-mail of its own; the result as one line of JSON.
-- Use: wrk -t1 -c64 -d10s -s post.lua http://127.0.0.1:8080/users
local threads = 0
local sent = 0

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

function init()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  sent = sent + 1
  return wrk.format(nil, nil, nil, string.format(
    '{"email":"u%d-%d@example.com","age":%d,"name":"Taro Yamada","bio":"hello","is_active":true}',
    id, sent, sent % 90))
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'JSON {"requests":%d,"seconds":%.6f,"p50":%.3f,"p99":%.3f,"max":%.3f,"non2xx":%d,"sockerr":%d,"timeout":%d}\n',
    summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
