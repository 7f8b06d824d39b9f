/**
 * The practicals of the course as a student does them: started from the palette, gone through by the buttons of their walkthroughs,
 * whose steps tick themselves off when what they ask for has happened. The configurations are cut down to seconds; nothing else is.
 */
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { FakeMlflow } from '../fixtures/mlflowServer';
import { closeNotifications, keepState, openContainer, openWorkbench, pick, runCommand, screenshots, treeRows, webview, type Workbench } from './workbench';

let workbench: Workbench;
let server: FakeMlflow;

beforeAll(async () => {
  server = await FakeMlflow.start();
  workbench = await openWorkbench();
  // The palette knows our commands once the extensions are there; the runs tell that they are.
  await openContainer(workbench.page, 'ViT Lab');
  await treeRows(workbench.page, 'Runs').first().waitFor({ timeout: 120_000 });
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(async () => {
  await workbench?.close();
  await server?.down();
  const left = [...[1, 2, 3, 4].map(folderOf), path.join(inject('place').folder, 'reports')];
  for (const folder of left) await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

const folderOf = (practical: number): string => path.join(inject('place').folder, `practical-${practical}`);

/** Starts a practical from the palette with the drawn images; its walkthrough opens. */
async function start(practical: number): Promise<void> {
  const { page } = workbench;
  await runCommand(page, 'ViT Lab: Start Practical');
  await pick(page, new RegExp(`^${practical}: `));
  // Of the first list one entry speaks of drawn images, too.
  await pick(page, /Drawn images/);
  if (practical === 4) {
    const input = page.locator('.quick-input-widget input').first();
    await expect.poll(() => input.inputValue()).toMatch(/^http/);
    await input.fill(server.uri);
    await page.keyboard.press('Enter');
    // Another list that opens before the address is taken would cancel it.
    await expect.poll(() => page.locator('.quick-input-widget').isVisible()).toBe(false);
  }
  await done(practical, 'ready');
}

/** The step of a walkthrough. An editor of walkthroughs that comes back to the front shows their list: then it is opened again. */
async function step(practical: number, id: string): Promise<Locator> {
  const { page } = workbench;
  const found = page.locator(`.gettingStarted.showDetails .getting-started-step[data-step-id$="#vitLab.practical${practical}#${id}"]`);
  if (await found.isVisible()) return found;
  await runCommand(page, 'Welcome: Open Walkthrough');
  await pick(page, new RegExp(`^Practical ${practical}: `));
  await found.waitFor({ timeout: 60_000 });
  return found;
}

/** Unfolds a step and presses one of its buttons. */
async function press(practical: number, id: string, button: string): Promise<void> {
  await closeNotifications(workbench.page);
  const found = await step(practical, id);
  if ((await found.getAttribute('aria-expanded')) !== 'true') await found.locator('.step-title').click();
  // A step that has just unfolded takes the focus a moment later, which would close a list that a button opens.
  await workbench.page.waitForTimeout(1500);
  await found.locator('.monaco-button', { hasText: button }).first().click();
}

/** Waits until a step has ticked itself off. */
async function done(practical: number, id: string, seconds = 120): Promise<void> {
  await expect.poll(async () => (await step(practical, id)).locator('[data-done-step-id][aria-checked="true"]').count(), { timeout: seconds * 1000, interval: 500 }).toBeGreaterThan(0);
}

/** Cuts a configuration down: each value replaces that of its key. */
async function cut(practical: number, file: string, changes: Readonly<Record<string, string>>): Promise<void> {
  const place = path.join(folderOf(practical), file);
  let text = await readFile(place, 'utf8');
  for (const [key, value] of Object.entries(changes)) {
    const changed = text.replace(new RegExp(`^(\\s*${key.replaceAll('.', '\\.')}:).*`, 'm'), `$1 ${value}`);
    expect(changed, `${file}: ${key}`).not.toBe(text);
    text = changed;
  }
  await writeFile(place, text);
}

const quick = { epochs: '1', warmup_epochs: '0', subset: '{per_class: 20}' };

test('practical 1: patches and positions, to the picture of the learned embedding', async () => {
  const { page } = workbench;
  await start(1);
  await screenshots(page, 'practical-1');
  await cut(1, 'patches.vit.yaml', { ...quick, depth: '1', 'model.patch_size': '[8, 16]', 'model.embed_dim': '[32]' });
  await cut(1, 'positions.vit.yaml', { ...quick, depth: '1', 'model.pos_embed': '[none, learned]', seeds: '1' });
  await press(1, 'tokens', 'Look Inside, Untrained');
  const untrained = await webview(page, '.hero-canvas');
  await untrained.getByRole('tab', { name: 'Patches' }).click();
  await expect.poll(() => untrained.locator('[role="tabpanel"]:not([hidden])').innerText(), { timeout: 60_000 }).toMatch(/cut into patches/);
  await done(1, 'tokens');
  await press(1, 'patches', 'Run the Sweep');
  await done(1, 'patches');
  await press(1, 'positions', 'Run the Sweep');
  await done(1, 'positions');
  await press(1, 'plotted', 'Look Inside the Learned One');
  // The image comes to the front, and the panel that is there already takes the other network.
  await page.locator('.tab.active', { hasText: /\.png$/ }).first().waitFor({ timeout: 60_000 });
  const frame = await webview(page, '.hero-canvas');
  await expect.poll(() => frame.locator('select option:checked').first().innerText(), { timeout: 60_000 }).toMatch(/pos_embed learned/);
  await frame.getByRole('tab', { name: 'Position' }).click();
  await expect.poll(() => frame.locator('[role="tabpanel"]:not([hidden]) canvas').count(), { timeout: 60_000 }).toBeGreaterThan(0);
  // What is not known stands a press away.
  // The page may be made anew while the image comes to the front: the one that is seen is asked.
  const fold = '[role="tabpanel"]:not([hidden]) .explain';
  let shown = frame;
  const term = (): Locator => shown.locator(`${fold} [data-term="position-embedding"]`).first();
  await expect.poll(async () => {
    for (const one of page.frames()) if (await one.locator(`${fold} summary`).first().isVisible().catch(() => false)) shown = one;
    if (!(await term().isVisible())) await shown.locator(`${fold} summary`).first().click({ timeout: 2_000 }).catch(() => undefined);
    return term().isVisible();
  }, { timeout: 60_000, interval: 500 }).toBe(true);
  await term().click();
  await shown.locator('.term-card').getByText('Open the Glossary').click();
  const glossary = await webview(page, '.entry h1');
  await expect.poll(() => glossary.locator('.entry').innerText(), { timeout: 30_000 }).toMatch(/Position embedding[^]*Z = X \+ P[^]*Dosovitskiy/);
  await screenshots(page, 'glossary');
  // A third column makes the editors narrower, and their pages may be made anew.
  const narrower = await webview(page, '.hero-canvas');
  await narrower.getByRole('button', { name: 'Export' }).click();
  await narrower.getByRole('menuitem', { name: /CSV/ }).first().click();
  const target = page.locator('.quick-input-widget input').first();
  await target.waitFor({ timeout: 60_000 });
  await expect.poll(() => target.inputValue(), { timeout: 30_000 }).toMatch(/position.*\.csv$/);
  await page.keyboard.press('Enter');
  const { folder } = inject('place');
  const saved = async (): Promise<string | undefined> => (await readdir(folder)).find((name) => /position.*\.csv$/.test(name));
  await expect.poll(saved, { timeout: 30_000 }).toBeDefined();
  expect((await readFile(path.join(folder, (await saved())!), 'utf8')).split('\n').length).toBeGreaterThan(8);
  await rm(path.join(folder, (await saved())!));
  await done(1, 'plotted');
  await screenshots(page, 'practical-1-done');
});

test('practical 2: a naive ViT, a better one, and whether the difference is more than chance', async () => {
  const { page } = workbench;
  await runCommand(page, 'View: Close All Editors');
  await start(2);
  await cut(2, 'naive.vit.yaml', { epochs: '1', subset: quick.subset, depth: '1' });
  await cut(2, 'better.vit.yaml', { ...quick, depth: '1', patch_size: '8' });
  await press(2, 'naive', 'Train It');
  await done(2, 'naive');
  await press(2, 'better', 'Train It');
  await done(2, 'better');
  await press(2, 'compared', 'Compare Both');
  const comparison = await webview(page, '.charts canvas');
  await expect.poll(() => comparison.locator('body').innerText(), { timeout: 60_000 }).toMatch(/model\.pos_embed/);
  await done(2, 'compared');
  await press(2, 'evaluated', 'Evaluate Side by Side');
  const evaluation = await webview(page, 'table.classes');
  await expect.poll(() => evaluation.locator('body').innerText(), { timeout: 60_000 }).toMatch(/practical-2-better[^]*practical-2-naive/);
  await done(2, 'evaluated');
});

test('practical 3: from scratch and fine-tuned, before and after', async () => {
  const { page } = workbench;
  await runCommand(page, 'View: Close All Editors');
  await start(3);
  await cut(3, 'before-after.vit.yaml', { epochs: '1', warmup_epochs: '0', subset: '{per_class: 8}' });
  const config = path.join(folderOf(3), 'before-after.vit.yaml');
  await writeFile(config, (await readFile(config, 'utf8')).replace(/^ {4}head:.*\n/m, ''));
  await press(3, 'trained', 'Run the Sweep');
  await done(3, 'trained');
  await press(3, 'before', 'Compare with Starting Weights');
  await done(3, 'before');
  await press(3, 'looked', 'Look Inside');
  const frame = await webview(page, '.hero-canvas');
  await expect.poll(() => frame.locator('.hero-cells [data-patch]').count(), { timeout: 60_000 }).toBe(64);
  await done(3, 'looked');
});

test('practical 4: three classes, sent to MLflow, evaluated and reported', async () => {
  const { page } = workbench;
  await runCommand(page, 'View: Close All Editors');
  await start(4);
  await cut(4, 'tracked.vit.yaml', quick);
  await press(4, 'trained', 'Train It');
  await done(4, 'trained');
  await done(4, 'tracked');
  expect(server.runs).toMatchObject([{ name: 'practical-4', status: 'FINISHED' }]);
  expect([...server.files.keys()].map((name) => path.basename(name))).toEqual(expect.arrayContaining(['MLmodel', 'config.yaml', 'confusion-matrix.png']));
  await press(4, 'evaluated', 'Show the Evaluation');
  const evaluation = await webview(page, 'table.classes');
  await expect.poll(() => evaluation.locator('.classes tbody tr').count(), { timeout: 60_000 }).toBe(3);
  await done(4, 'evaluated');
  await press(4, 'reported', 'Write the Report');
  await pick(page, 'English');
  await done(4, 'reported');
  await screenshots(page, 'practical-4-done');
});
