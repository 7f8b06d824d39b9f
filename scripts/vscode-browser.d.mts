import type { Browser } from 'playwright-core';

export interface Place {
  folder: string;
  userData: string;
  extensions: string;
}
export interface Server {
  url: string;
  port: number;
  closed: Promise<void>;
  close(): Promise<void>;
}
export const quietSettings: Readonly<Record<string, unknown>>;
export function writeSettings(userData: string, settings: Readonly<Record<string, unknown>>): Promise<void>;
/** An empty language pack, by which extensions are asked for their own texts in this language. */
export function writeLanguagePack(userData: string, locale: string): Promise<void>;
export function startCodeServer(options: Place & { port?: number; env?: Record<string, string>; locale?: string }): Promise<Server>;
export function openBrowser(): Promise<Browser>;
export function freePort(wish?: number): Promise<number>;
export function findBrowser(): Promise<{ program: string; env: NodeJS.ProcessEnv; note: string }>;
