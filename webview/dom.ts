/** What `el` puts on an element: `on…` keys are listeners, `true` is an empty attribute, `false` and `undefined` are none. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: never) => void)>>;
export type Child = Node | string | null | undefined | false;

/** Makes an element. Text goes in as text nodes only, so that data never becomes markup. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as unknown as EventListener);
    else setAttribute(element, name, value);
  }
  fill(element, ...children);
  return element;
}

/** Sets, or removes when `false` or `undefined`. Leaves an equal value alone, so that observers stay quiet. */
export function setAttribute(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) return element.removeAttribute(name);
  const text = value === true ? '' : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

export function fill(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren(...children.filter((child): child is Node | string => Boolean(child)));
}

/** Changes the text only when it differs: a live region would otherwise speak again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element: HTMLElement, visible: boolean): void {
  if (element.hidden === visible) element.hidden = !visible;
}

/** Calls `work` once before the next frame, however often it is asked. */
export function oncePerFrame(work: () => void): () => void {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}

let lastId = 0;
/** An id for `aria-labelledby` and the like. */
export function freshId(prefix: string): string {
  return `${prefix}-${String(++lastId)}`;
}

/** Whether VS Code shows one of its two high-contrast themes. */
export function highContrast(): boolean {
  const classes = document.body.classList;
  return classes.contains('vscode-high-contrast') || classes.contains('vscode-high-contrast-light');
}

/** Whether the theme has a light background. */
export function isLight(): boolean {
  const classes = document.body.classList;
  return classes.contains('vscode-light') || (highContrast() && classes.contains('vscode-high-contrast-light'));
}

/** The value of a theme variable, e.g. `--vscode-foreground`. */
export function themeColour(variable: string, fallback: string): string {
  return getComputedStyle(document.body).getPropertyValue(variable).trim() || fallback;
}

/** Calls back when the user switches the theme: VS Code changes the classes and the style of the document. */
export function onThemeChange(listener: () => void): void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ['class'] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
}
