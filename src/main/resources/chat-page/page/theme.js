// A classic script in the head: the chosen theme has to stand before the first paint.
(() => {
  const order = ['auto', 'light', 'dark'];
  const root = document.documentElement;
  const apply = (theme) => {
    if (theme === 'auto') root.removeAttribute('data-theme');
    else root.setAttribute('data-theme', theme);
  };
  const stored = () => {
    try {
      const theme = localStorage.getItem('theme');
      return order.includes(theme) ? theme : 'auto';
    } catch {
      return 'auto'; // storage may be forbidden
    }
  };
  apply(stored());
  globalThis.theme = {
    current: stored,
    next() {
      const theme = order[(order.indexOf(stored()) + 1) % order.length];
      try {
        localStorage.setItem('theme', theme);
      } catch {
        // the choice then lasts as long as the page
      }
      apply(theme);
      document.dispatchEvent(new CustomEvent('themechange'));
      return theme;
    },
  };
})();
