// How long a list of many runs takes: of a process that has just started, without and with the index, and again.
// `npm run bench:list -- [COUNT]`
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { loadavg, tmpdir } from 'node:os';
import * as path from 'node:path';
import { listRuns } from '../src/engine/runs/listing';
import { filterRuns } from '../src/engine/runs/store';
import { distinctNames } from '../src/host/runNames';
import { grouped, sorted } from '../src/host/views/runGroups';
import type { RunSummary } from '../src/protocol';

const SAMPLE = path.resolve('media/sample/run/cifar10');
const [mode, folder] = process.argv.slice(2);

/** As many runs as wished, of which each has its own name, time, seed and metrics, and no weights. */
function make(runs: string, count: number): void {
  const record = JSON.parse(readFileSync(path.join(SAMPLE, 'run.json'), 'utf8')) as { name: string; created: string; seed: number; latest: Record<string, number> };
  const config = readFileSync(path.join(SAMPLE, 'config.yaml'), 'utf8');
  for (let i = 0; i < count; i++) {
    const run = path.join(runs, `run_${String(i).padStart(5, '0')}`);
    mkdirSync(path.join(run, 'checkpoints'), { recursive: true });
    const created = new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString();
    writeFileSync(path.join(run, 'run.json'), JSON.stringify({ ...record, name: `run ${i}`, created, seed: i % 5, latest: { ...record.latest, 'val/top1': (i % 100) / 100 } }));
    writeFileSync(path.join(run, 'config.yaml'), config.replace(/^seed:.*$/m, `seed: ${i % 5}`));
    cpSync(path.join(SAMPLE, 'checkpoints', 'index.json'), path.join(run, 'checkpoints', 'index.json'));
  }
}

async function timed(what: string, work: () => Promise<number>): Promise<void> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const count = await work();
  const { user, system } = process.cpuUsage(before);
  // Beside others who keep the processors busy, the time on the clock is theirs, too.
  console.log(`${what.padEnd(52)} ${(performance.now() - start).toFixed(0).padStart(7)} ms, ${((user + system) / 1000).toFixed(0).padStart(6)} ms of processor  (${count} runs)`);
}

/** What the Runs view does with them: names that tell all apart, an order, headings. It draws 200 under a heading. */
async function arrange(runs: readonly RunSummary[]): Promise<void> {
  const alike = runs.map((run) => ({ ...run, name: 'one name for all', sweep: 'a sweep' }));
  await timed('  names of which no two are alike', () => Promise.resolve(distinctNames(alike, 'en').size));
  await timed('  sorted by a metric', () => Promise.resolve(sorted(alike, { sort: 'metric', metric: 'val/top1', ascending: false, group: 'none' }).length));
  const words = { alone: '', day: String, recipe: () => '' };
  await timed('  under one heading', () => Promise.resolve(grouped(alike, 'sweep', new Map(), words)[0]!.runs.length));
  const recipes = new Map(alike.map((run, i) => [run.path, String(i)]));
  await timed('  under headings of repetitions, of which there are none', () => Promise.resolve(grouped(alike, 'seed', recipes, words)[0]!.runs.length));
}

async function list(runs: string, what: string): Promise<void> {
  await timed(what, async () => (await listRuns(runs)).length);
  await timed('  again, in the same process', async () => (await listRuns(runs)).length);
  await arrange(await listRuns(runs));
  if (process.env['FILTER'] === undefined) return;
  const all = (await listRuns(runs)).map((run) => run.path);
  await timed('  filter by state and metric', async () => (await filterRuns(all, 'state:finished val/top1>0.7')).runs.length);
  await timed('  filter by a key of the configuration', async () => (await filterRuns(all, 'model.depth>=2')).runs.length);
}

if (mode === 'list') void list(folder!, process.env['WHAT'] ?? '');
else {
  const place = mkdtempSync(path.join(tmpdir(), 'vit-lab-list-'));
  const runs = path.join(place, 'runs');
  const count = Number(mode ?? 10_000);
  make(runs, count);
  console.log(`load ${loadavg().map((load) => load.toFixed(1)).join(', ')}`);
  const ask = (what: string, filter = false): void => {
    const env = { ...process.env, VITLAB_CACHE: path.join(place, 'cache'), WHAT: what, ...(filter && { FILTER: '1' }) };
    spawnSync(process.execPath, [process.argv[1]!, 'list', runs], { env, stdio: 'inherit' });
  };
  ask('a new process without an index');
  ask('a new process with the index', true);
  ask('a new process with both', true);
  rmSync(place, { recursive: true });
}
