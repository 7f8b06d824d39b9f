/** The manifest, its translations and the names in the code say the same. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { commandIds, containerId, itemKinds, panelIds, settingIds, contextOfStep, practicalSteps, practicalWalkthroughId, settingsSection, viewIds, walkthroughId } from '../src/host/ids';
import { IMAGE_ENDINGS } from '../src/host/imageNames';
import { isImageName } from '../src/engine/pictures/formats';

interface Entry {
  readonly command: string;
  readonly when?: string;
}

interface Manifest {
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly (Entry & { readonly title: string; readonly category: string })[];
    readonly views: Readonly<Record<string, readonly { readonly id: string; readonly name: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string; readonly contents: string }[];
    readonly menus: Readonly<Record<string, readonly Entry[]>>;
    readonly keybindings: readonly Entry[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly scope: string }>> };
    readonly walkthroughs: readonly { readonly id: string; readonly steps: readonly { readonly media: { readonly svg: string }; readonly completionEvents: readonly string[] }[] }[];
  };
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
}

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as Manifest;
const english = JSON.parse(read('package.nls.json')) as Record<string, string>;
const { contributes } = manifest;
const sorted = (values: Iterable<string>): string[] => [...values].sort();

test('every command of the code is in the manifest and the other way round', () => {
  expect(sorted(contributes.commands.map(({ command }) => command))).toEqual(sorted(Object.values(commandIds)));
});

test('every command has a title key of its own and the category', () => {
  for (const { command, title, category } of contributes.commands) {
    expect(title).toBe(`%command.${command.replace(`${settingsSection}.`, '')}%`);
    expect(category).toBe('%category%');
    expect(english[title.slice(1, -1)]).toBeTruthy();
  }
});

test('menus, keys, welcome texts and the walkthrough name commands that exist', () => {
  const known = new Set<string>(Object.values(commandIds));
  const inMenus = Object.values(contributes.menus).flat().map(({ command }) => command);
  const inKeys = contributes.keybindings.map(({ command }) => command);
  const inTexts = Object.values(english).flatMap((text) => [...text.matchAll(/\(command:(vitLab[\w.]+)(?:\?[^)]*)?\)/g)].map((match) => match[1] ?? ''));
  const inSteps = contributes.walkthroughs.flatMap(({ steps }) => steps.flatMap(({ completionEvents }) => completionEvents.filter((event) => event.startsWith('onCommand:')).map((event) => event.replace('onCommand:', ''))));
  expect([...inMenus, ...inKeys, ...inTexts, ...inSteps].filter((command) => !known.has(command))).toEqual([]);
});

test('views, panels and the walkthrough carry the names of the code', () => {
  expect(Object.keys(contributes.views)).toEqual([containerId]);
  expect(sorted((contributes.views[containerId] ?? []).map(({ id }) => id))).toEqual(sorted(Object.values(viewIds)));
  expect(contributes.walkthroughs.map(({ id }) => id)).toEqual([walkthroughId, ...([1, 2, 3, 4] as const).map(practicalWalkthroughId)]);
  for (const panel of [panelIds.inspector, panelIds.compare, panelIds.gallery]) expect(manifest.activationEvents).toContain(`onWebviewPanel:${panel}`);
});

test('settings are those of the code; what starts a program belongs to the machine and needs trust', () => {
  const names = Object.values(settingIds).map((id) => `${settingsSection}.${id}`);
  expect(sorted(Object.keys(contributes.configuration.properties))).toEqual(sorted(names));
  for (const name of ['vitLab.engine.nodePath', 'vitLab.engine.tensorFlowFolder', 'vitLab.engine.onnxRuntimeFolder']) {
    expect(contributes.configuration.properties[name]?.scope).toBe('machine');
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toContain(name);
  }
});

test('each step of a practical is ticked off by a context that the code sets, and each context by a step', () => {
  const events = contributes.walkthroughs.flatMap(({ steps }) => steps.flatMap(({ completionEvents }) => completionEvents));
  const contexts = events.filter((event) => event.startsWith('onContext:')).map((event) => event.replace('onContext:', ''));
  expect(sorted(new Set(contexts))).toEqual(sorted(practicalSteps.map(contextOfStep)));
});

test('the buttons of the practicals name steps that there are', () => {
  const source = read('src/host/commands/practicalStep.ts');
  const links = Object.values(english).flatMap((text) => [...text.matchAll(/\(command:vitLab\.practicalStep\?([^)]+)\)/g)].map((match) => JSON.parse(decodeURIComponent(match[1] ?? '')) as string[]));
  expect(links.length).toBeGreaterThan(15);
  for (const [step] of links) expect(source).toContain(`'${step ?? ''}':`);
});

/** A regular expression of a `when` clause, e.g. `viewItem =~ /…/`. */
function patterns(key: string): RegExp[] {
  const clauses = Object.values(contributes.menus).flat().map(({ when }) => when ?? '');
  const found = clauses.flatMap((when) => [...when.matchAll(new RegExp(`${key} =~ /(.+?)/(i?)(?=$| )`, 'g'))]);
  return found.map((match) => new RegExp(match[1] ?? '', match[2]));
}

test('the image menus open for exactly the formats that the engine decodes', () => {
  const images = patterns('resourceExtname');
  expect(images.length).toBeGreaterThan(3);
  for (const pattern of images) {
    for (const ending of IMAGE_ENDINGS) expect(pattern.test(`.${ending}`)).toBe(isImageName(`a.${ending}`));
    for (const other of ['.txt', '.yaml', '.svg', '.tiff', '.pdf']) expect(pattern.test(other)).toBe(isImageName(`a${other}`));
  }
});

test('every kind of tree item has its menu, and no menu waits for a kind that does not exist', () => {
  const kinds = Object.values(itemKinds);
  const clauses = (contributes.menus['view/item/context'] ?? []).map(({ when }) => when ?? '');
  const exact = clauses.flatMap((when) => [...when.matchAll(/viewItem == ([\w.]+)/g)].map((match) => match[1] ?? ''));
  expect(exact.filter((kind) => !kinds.some((known) => known === kind))).toEqual([]);
  const matchers = [...patterns('viewItem'), ...exact.map((kind) => new RegExp(`^${kind.replaceAll('.', '\\.')}$`))];
  for (const pattern of matchers) expect(kinds.some((kind) => pattern.test(kind))).toBe(true);
  for (const kind of kinds.filter((each) => each !== itemKinds.checkpointGroup && each !== itemKinds.runGroup)) expect(matchers.some((pattern) => pattern.test(kind))).toBe(true);
});

test('the pictures of the walkthrough are there', () => {
  for (const { media } of contributes.walkthroughs.flatMap(({ steps }) => steps)) expect(read(media.svg)).toContain('<svg');
});
