/** Trying a stream of events: it has no end, and Swagger UI shows an answer when it is complete. */

const SECONDS = 5;

interface Request {
  headers: Record<string, string>;
  userFetch?: typeof fetch;
}

/** Reads a stream for some seconds, and says so where it was cut. */
export function listenBriefly(request: Request): Request {
  if (Object.values(request.headers).includes('text/event-stream')) {
    request.userFetch = fetchBriefly;
  }
  return request;
}

async function fetchBriefly(input: RequestInfo | URL, options?: RequestInit): Promise<Response> {
  const response = await fetch(input, options);
  if (!response.ok || !response.body) {
    return response;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const timer = setTimeout(() => void reader.cancel(), SECONDS * 1000);
  let text = '';
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += piece.value;
  }
  clearTimeout(timer);
  const { status, statusText, headers } = response;
  return new Response(`${text}\n: these docs listen for ${SECONDS} seconds`, { status, statusText, headers });
}
