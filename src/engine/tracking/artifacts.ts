import * as path from 'node:path';
import { disk } from '../atomic';
import type { Config } from '../config/schema';
import type { Looker } from '../looking';
import { classCsv } from '../metrics/classCsv';
import { files } from '../runs/files';
import { listCheckpoints, readEvaluation } from '../runStore';
import { figuresOf } from './figures';
import type { Body } from './http';

/** A file that goes with a run. */
export interface Artifact {
  /** On the server, below the run. */
  readonly path: string;
  readonly bytes: number;
  /** Another one whenever its content is. */
  readonly stamp: string;
  /** Read, or drawn, when it is sent. */
  body(): Promise<Body>;
}

/** Sent as soon as there is a run: they say what is trained. */
const FIRST = ['config/'];
/** A run may hold other people's files: what is taken is named. */
const REPORT = /^report\.(html|md|pdf)$/;

export function isFirst({ path: place }: Artifact): boolean {
  return FIRST.some((folder) => place.startsWith(folder));
}

/** Everything that a run leaves for others: configuration, log, metrics, what its test found, pictures, checkpoints. */
export async function artifactsOf(run: string, { tracking }: Config, looker: Looker | undefined): Promise<readonly Artifact[]> {
  const plain = [
    ['config/config.yaml', files.config(run)],
    ['config/config.source.yaml', files.source(run)],
    ['config/start.json', files.start(run)],
    ['log/log.jsonl', files.log(run)],
    ['log/log.jsonl.1', `${files.log(run)}.1`],
    ['metrics/metrics.jsonl', files.metrics(run)],
    ['evaluation/confusion.json', files.confusion(run)],
    ['evaluation/evaluation.json', files.evaluation(run)],
    ...(await disk.readdir(run)).filter((name) => REPORT.test(name)).map((name) => [`report/${name}`, path.join(run, name)] as const),
    ...(await chosenCheckpoints(run, tracking.mlflow?.checkpoints ?? 'best')).map((file) => [`checkpoints/${path.basename(file)}`, file] as const),
  ] as const;
  const copies = (await Promise.all(plain.map(([place, file]) => fileAt(place, file)))).filter((one) => one !== null);
  return [...copies, ...(await classesOf(run)), ...(await picturesOf(run, looker))];
}

async function fileAt(place: string, file: string): Promise<Artifact | null> {
  const stats = await disk.stat(file).catch(() => null);
  if (!stats?.isFile()) return null;
  return { path: place, bytes: stats.size, stamp: `${stats.size}:${Math.round(stats.mtimeMs)}`, body: () => Promise.resolve({ file }) };
}

async function chosenCheckpoints(run: string, which: 'none' | 'best' | 'all'): Promise<readonly string[]> {
  if (which === 'none') return [];
  const all = await listCheckpoints(run);
  return all.filter(({ best }) => which === 'all' || best).map(({ path: file }) => file);
}

/** The checkpoint that becomes the model; null where none was saved. */
export async function bestCheckpoint(run: string): Promise<{ readonly file: string; readonly step: number; readonly stamp: string } | null> {
  const all = await listCheckpoints(run);
  const best = all.find((one) => one.best) ?? all[0];
  return best ? { file: best.path, step: best.step, stamp: `${path.basename(best.path)}:${best.bytes}` } : null;
}

async function classesOf(run: string): Promise<Artifact[]> {
  const report = await readEvaluation(run);
  if (!report) return [];
  const bytes = Buffer.from(classCsv(report));
  return [{ path: 'evaluation/classes.csv', bytes: bytes.length, stamp: `epoch ${report.epoch}:${bytes.length}`, body: () => Promise.resolve({ bytes }) }];
}

async function picturesOf(run: string, looker: Looker | undefined): Promise<Artifact[]> {
  const stamp = await disk.stat(files.confusion(run)).then(({ mtimeMs }) => Math.round(mtimeMs), () => 0);
  return (await figuresOf(run, looker)).flatMap(({ name, epoch, png, svg }): Artifact[] => {
    const key = `${name} epoch ${epoch}${name === 'confusion-matrix' ? `:${stamp}` : ''}`;
    const drawn: Artifact = { path: `figures/${name}.png`, bytes: 0, stamp: key, body: async () => ({ bytes: await png() }) };
    return svg === undefined ? [drawn] : [drawn, { path: `figures/${name}.svg`, bytes: Buffer.byteLength(svg), stamp: key, body: () => Promise.resolve({ bytes: Buffer.from(svg) }) }];
  });
}
