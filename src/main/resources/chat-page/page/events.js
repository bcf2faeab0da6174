/** Reads a `text/event-stream` body as JSON events. */

/** The body stayed silent for longer than the server ever is. */
export class Silence extends Error {}

/**
 * @param {ReadableStream<Uint8Array>} body
 * @param {number} patience milliseconds of silence (not even a comment) after which the connection counts as lost
 */
export async function* events(body, patience = 60_000) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let rest = '';
    let data = [];
    for (;;) {
      const { value, done } = await withPatience(reader.read(), patience);
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === '' && data.length) {
          yield JSON.parse(data.join('\n'));
          data = [];
        } else if (line.startsWith('data:')) {
          data.push(line.slice(line[5] === ' ' ? 6 : 5));
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function withPatience(promise, patience) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Silence()), patience);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}
