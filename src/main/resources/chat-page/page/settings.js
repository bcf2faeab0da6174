/** What the deployment says about the page (`agent.page`); the agent tells it with how one signs in. */
export const settings = {
  /** Shown in the title and beside the mark. */
  name: 'mcp-agent',
  /** Up to three characters, or nothing for the drawing. */
  mark: '',
  welcome: 'What would you like to know?',
  /** Questions to begin with; without any, the caller's tools are named. @type {{title: string, question: string}[]} */
  examples: [],
};

/** @param {{name: ?string, mark: ?string, welcome: ?string, examples: ?string[]}} told */
export function configure({ examples = [], ...texts }) {
  for (const [name, text] of Object.entries(texts)) if (name in settings && String(text).trim() !== '') settings[name] = String(text).trim();
  settings.examples = examples.map((text) => {
    const [, title = '', question = text] = /^([^:?]{1,40}):\s+(.+)$/s.exec(text) ?? [];
    return { title, question };
  });
}
