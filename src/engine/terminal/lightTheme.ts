/** VS Code's light theme, as far as the inspector uses it: for pages that are made where there is no VS Code. */
const colours: Readonly<Record<string, string>> = {
  foreground: '#3b3b3b', descriptionForeground: '#3b3b3b', errorForeground: '#f85149', focusBorder: '#005fb8',
  'editor-background': '#ffffff', 'editor-foreground': '#3b3b3b', 'editorWidget-background': '#f8f8f8', 'widget-border': '#e5e5e5', 'panel-border': '#e5e5e5',
  'button-background': '#005fb8', 'button-foreground': '#ffffff', 'button-hoverBackground': '#0258a8', 'button-border': '#0000001a',
  'button-secondaryBackground': '#e5e5e5', 'button-secondaryForeground': '#3b3b3b', 'button-secondaryHoverBackground': '#cccccc',
  'dropdown-background': '#ffffff', 'dropdown-foreground': '#3b3b3b', 'dropdown-border': '#cecece', 'dropdown-listBackground': '#ffffff',
  'input-background': '#ffffff', 'input-foreground': '#3b3b3b', 'input-border': '#cecece',
  'inputOption-activeBackground': '#bed6ed', 'inputOption-activeForeground': '#000000', 'inputOption-activeBorder': '#005fb8',
  'settings-checkboxBackground': '#f8f8f8', 'settings-checkboxBorder': '#cecece', 'settings-checkboxForeground': '#3b3b3b',
  'list-hoverBackground': '#f2f2f2', 'menu-background': '#ffffff', 'menu-foreground': '#3b3b3b', 'menu-selectionBackground': '#005fb8', 'menu-selectionForeground': '#ffffff', 'menu-border': '#cecece',
  'badge-background': '#cccccc', 'badge-foreground': '#3b3b3b', 'progressBar-background': '#005fb8', 'scrollbarSlider-background': '#64646466',
  'textLink-foreground': '#005fb8', 'textLink-activeForeground': '#005fb8', 'textCodeBlock-background': '#f8f8f8', 'toolbar-hoverBackground': '#b8b8b850',
  'panelTitle-activeForeground': '#3b3b3b', 'panelTitle-activeBorder': '#005fb8', 'panelTitle-inactiveForeground': '#3b3b3b', 'charts-blue': '#1a85ff',
};

export const lightTheme = {
  classes: 'vscode-body vscode-light',
  variables: [
    ...Object.entries(colours).map(([name, value]) => `--vscode-${name}: ${value};`),
    '--vscode-font-family: system-ui, "Segoe UI", "Ubuntu", sans-serif; --vscode-font-size: 13px; --vscode-editor-font-family: ui-monospace, "Consolas", monospace; color-scheme: light;',
  ].join(' '),
};
