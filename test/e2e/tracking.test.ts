/** A run is sent to an MLflow server while it trains and afterwards: with credentials that were missing, and from the run's menu. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { FakeMlflow, refuse } from '../fixtures/mlflowServer';
import { chooseFromMenu, closeNotifications, keepState, notifications, openContainer, openWorkbench, pick, runCommand, screenshot, screenshots, treeRows, type Workbench } from './workbench';

let workbench: Workbench;
let server: FakeMlflow;

beforeAll(async () => {
  server = await FakeMlflow.start();
  server.rule(/./, ({ headers }, response, next) => (headers.authorization === 'Bearer right' ? next() : refuse(response, 401, 'UNAUTHENTICATED', 'You are not authenticated.')));
  const { folder } = inject('place');
  const sample = await readFile(path.join(folder, 'shapes.vit.yaml'), 'utf8');
  const changes = { name: 'tracked', epochs: '2', warmup_epochs: '1', patch_size: '8', depth: '2' };
  const quick = Object.entries(changes).reduce((text, [key, value]) => text.replace(new RegExp(`^(\\s*${key}:).*`, 'm'), `$1 ${value}`), sample);
  await writeFile(path.join(folder, 'tracked.vit.yaml'), `${quick}\ntracking:\n  system: 1\n  mlflow: {uri: "${server.uri}", experiment: practical}\n`);
  workbench = await openWorkbench();
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await keepState(workbench.page, `failed ${task.name}`.replace(/\W+/g, '-'));
});
afterAll(async () => {
  await workbench?.close();
  await server.down();
});

const run = () => treeRows(workbench.page, 'Runs').filter({ hasText: 'tracked' }).first();

async function showTooltip(text: RegExp): Promise<void> {
  const { page } = workbench;
  await run().hover();
  await expect.poll(() => page.locator('.monaco-hover-content').allInnerTexts().then(String), { timeout: 20_000 }).toMatch(text);
}

test('a training is not held up by a server that refuses it; the run says why it waits', async () => {
  const { page } = workbench;
  await openContainer(page, 'ViT Lab');
  await runCommand(page, 'ViT Lab: Start Training');
  await pick(page, 'tracked.vit.yaml');
  await expect.poll(() => run().getAttribute('aria-label'), { timeout: 180_000, interval: 500 }).toMatch(/finished.*2 of 2 epochs/);
  expect(server.runs).toEqual([]);
  await closeNotifications(page);
  await page.mouse.move(700, 400);
  await showTooltip(/MLflow: not all of it is sent .*experiment practical: .*wants credentials \(401\)/);
  await screenshot(page, 'tracking-waits');
});

test('sent from its menu it asks for the credentials, goes on with them, and says where it is', async () => {
  const { page } = workbench;
  await page.mouse.move(700, 400);
  await chooseFromMenu(page, run(), 'Send to MLflow');
  const input = page.locator('.quick-input-widget input').first();
  await expect.poll(() => input.inputValue()).toBe(server.uri);
  await screenshots(page, 'tracking-address');
  await page.keyboard.press('Enter');
  await expect.poll(() => input.inputValue()).toBe('practical');
  await page.keyboard.press('Enter');
  await expect.poll(() => notifications(page).then(String), { timeout: 60_000 }).toMatch(/wants credentials \(401\)/);
  await screenshots(page, 'tracking-credentials');
  await page.locator('.notification-list-item-buttons-container').getByText('Set Credentials…').click();
  await pick(page, 'Token');
  // What is typed before the box is there goes nowhere.
  await page.locator('.quick-input-widget input[type="password"]').waitFor();
  await page.keyboard.type('right');
  await page.keyboard.press('Enter');
  await expect.poll(() => notifications(page).then(String), { timeout: 120_000 }).toMatch(/Sent to http:\/\/127\.0\.0\.1:\d+: \d+ values of metrics, \d+ files\./);
  expect(server.runs).toMatchObject([{ name: 'tracked', status: 'FINISHED' }]);
  expect([...server.files.keys()].map((name) => path.basename(name))).toEqual(expect.arrayContaining(['MLmodel', 'model.onnx', 'config.yaml', 'confusion-matrix.png']));
  await screenshots(page, 'tracking-sent');
  await closeNotifications(page);
  await page.mouse.move(700, 400);
  await showTooltip(/MLflow: all of it sent to .*experiment practical/);
  await screenshot(page, 'tracking-tooltip');
});

test('with the credentials in the key store the next training is sent while it goes on', async () => {
  const { page } = workbench;
  await runCommand(page, 'ViT Lab: Start Training');
  await pick(page, 'tracked.vit.yaml');
  await expect.poll(() => server.runs[1]?.metrics.length ?? 0, { timeout: 120_000 }).toBeGreaterThan(5);
  expect(server.runs[1]!.status).toBe('RUNNING');
  await expect.poll(() => server.runs[1]!.status, { timeout: 180_000 }).toBe('FINISHED');
});
