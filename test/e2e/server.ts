import type { TestProject } from 'vitest/node';
import type { Installed } from '../../scripts/installed.mjs';
import { prepareInstalled } from '../../scripts/installed.mjs';
import { startCodeServer } from '../../scripts/vscode-browser.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    place: Installed;
    url: string;
  }
}

/** One VS Code with the installed package for all e2e suites; they share its workspace and run in order. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const place = await prepareInstalled('e2e', { 'window.autoDetectColorScheme': true });
  const server = await startCodeServer(place);
  project.provide('place', place);
  project.provide('url', server.url);
  return () => server.close();
}
