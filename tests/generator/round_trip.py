"""Every type of the regression spec's SDK is read, and what is read is written as it was."""

import asyncio
import dataclasses
import json
import warnings

import httpx

from keiyaku import AsyncClient, Client, _codec, answers, models
from keiyaku import _call as call

for kind in [*vars(models).values(), *vars(answers).values()]:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        _codec.reader(kind)
    if isinstance(kind, call.Answers):
        for body, _ in kind.by_status.values():
            _codec.reader(body)

for kind, text in [
    (models.Pet, '{"kind":"cat","name":"Tama","prey":{"kind":"dog","mood":"wild","extra":[1.10,{"kind":"cat"}]}}'),
    (models.Tree, '{"value":1,"right":null,"branches":[{"value":2}],"named":{"a":{"value":3}}}'),
    (models.Tree, '{"value":1,"bark":{"grows_on":{"value":4}}}'),
    (models.Order, '{"email":"a@example.com","note":null,"gift":null,"rank":null,"color":null,"by_name":{"a":[1,null]}}'),
    (models.Order, '{"email":"a@example.com","note":"b","step":0.5,"type":"c","palette":["red",null],"a_bc":"x"}'),
    (models.AccountRequest, '{"name":"a","password":"secret","owner":{"name":"b"}}'),
    (models.Account, '{"id":1,"name":"a","owner":{"name":"b","since":"2026-01-31"}}'),
    (models.Company, '{"name":"a","founded":1900,"size":12345678901234567890.123}'),
    (models.Nothing, "{}"),
]:
    again = _codec.dumps(_codec.reader(kind)(_codec.loads(text)))
    assert _codec.loads(again) == _codec.loads(text), f"{text} became {again}"
    assert len(again) >= len(json.dumps(json.loads(text), separators=(",", ":"))), again

assert _codec.deep("f", models.Filter(name="a b", good=True)) == ["f%5Bname%5D=a%20b", "f%5Bgood%5D=true"]
assert _codec.repeated("tag", ["a", "b&c"]) == ["tag=a", "tag=b%26c"]
assert _codec.joined("ids", [1, 2]) == ["ids=1,2"]
assert _codec.header([1, 2]) == "1,2"

# A closed object knows no undeclared members.
named = _codec.reader(models.Named)(_codec.loads('{"name":"a","unknown":1}'))
assert _codec.dumps(named) == '{"name":"a"}'

# A deprecated method says so, and where it is called.
found = httpx.MockTransport(lambda _: httpx.Response(200, json={"kind": "cat", "sort": "name", "limit": 20}))
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    assert Client("http://localhost", transport=found).find_pets("cat").body.limit == 20
    assert asyncio.run(AsyncClient("http://localhost", transport=found).find_pets("cat")).body.limit == 20
told = [(warning.category, str(warning.message), warning.filename) for warning in said]
assert told == [
    (DeprecationWarning, "`find_pets` is deprecated. Since 2026-12-01; goes on 2027-12-01.", "<string>")
] * 2, told
