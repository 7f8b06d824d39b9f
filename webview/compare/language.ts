/**
 * Imported before uPlot, which makes a number format of `navigator.language` while it loads: the language is then the
 * page's, and a tag that is none (Chromium under a POSIX locale says "en-US@posix") does not end the panel.
 */
Object.defineProperty(navigator, 'language', { configurable: true, value: document.documentElement.lang || 'en' });
