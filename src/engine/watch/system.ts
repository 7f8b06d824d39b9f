import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Metrics } from '../../protocol';
import type { StepSeconds } from '../trainer';

/**
 * What a training asks of the machine. Names and units are those of MLflow's own system metrics where it has them, so that
 * its page shows them in their place; the others are of this process and of its steps.
 */
export interface SystemMonitor {
  /** A step is over; it took so long. */
  add(seconds: StepSeconds): void;
  /** What was measured since the last time, when that is long enough ago; null before. */
  due(): Metrics | null;
}

/** A driver that does not answer within this time is not asked again. */
const GPU_TIMEOUT = 5000;
const MEGABYTE = 2 ** 20;

export interface SystemOptions {
  /** Seconds from one look to the next; 0 looks never. */
  readonly every: number;
  /** Asked in the background before each look; for tests. */
  readonly gpus?: () => Promise<Metrics | null>;
  /** Called once where no GPU can be asked. */
  readonly onNoGpu?: () => void;
  readonly now?: () => number;
}

export function monitorSystem({ every, gpus = nvidiaGpus, onNoGpu, now = () => performance.now() }: SystemOptions): SystemMonitor {
  if (every <= 0) return { add: () => undefined, due: () => null };
  let last = now();
  let before = clocks();
  let steps = { count: 0, data: 0, compute: 0 };
  let gpu: Metrics = {};
  let asking = false;
  let hasGpu = true;
  const ask = (): void => {
    if (!hasGpu || asking) return;
    asking = true;
    void gpus().then((found) => {
      asking = false;
      hasGpu = found !== null;
      if (!hasGpu) onNoGpu?.();
      gpu = found ?? {};
    });
  };
  ask();
  return {
    add({ data, compute }) {
      steps = { count: steps.count + 1, data: steps.data + data, compute: steps.compute + compute };
    },
    due() {
      const passed = now() - last;
      if (passed < every * 1000) return null;
      const current = clocks();
      const measured = { ...processor(before, current, passed), ...memory(), ...stepTimes(steps), ...gpu };
      [last, before, steps] = [now(), current, { count: 0, data: 0, compute: 0 }];
      ask();
      return measured;
    },
  };
}

interface Clocks {
  /** Milliseconds of all cores. */
  readonly busy: number;
  readonly all: number;
  /** Microseconds of this process. */
  readonly own: number;
}

function clocks(): Clocks {
  const times = cpus().map((core) => core.times);
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  const idle = times.reduce((sum, time) => sum + time.idle, 0);
  const { user, system } = process.cpuUsage();
  return { busy: all - idle, all, own: user + system };
}

/** Per cent of all cores: of the machine, and of this process. */
function processor(before: Clocks, after: Clocks, passed: number): Metrics {
  const all = after.all - before.all;
  return {
    ...(all > 0 && { 'system/cpu_utilization_percentage': rounded((100 * (after.busy - before.busy)) / all) }),
    'system/process_cpu_utilization_percentage': rounded((after.own - before.own) / 10 / passed / availableParallelism()),
  };
}

function memory(): Metrics {
  const used = totalmem() - available();
  return {
    'system/system_memory_usage_megabytes': rounded(used / MEGABYTE),
    'system/system_memory_usage_percentage': rounded((100 * used) / totalmem()),
    'system/process_memory_usage_megabytes': rounded(process.memoryUsage.rss() / MEGABYTE),
  };
}

/** What a new program could have: Linux gives back the files that it only keeps in case, which `freemem` counts as taken. */
function available(): number {
  if (process.platform !== 'linux') return freemem();
  try {
    const [, kilobytes] = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
    return kilobytes === undefined ? freemem() : 1024 * Number(kilobytes);
  } catch {
    return freemem();
  }
}

/** Milliseconds of a step: waiting for its images, and computing. */
function stepTimes({ count, data, compute }: { readonly count: number; readonly data: number; readonly compute: number }): Metrics {
  if (count === 0) return {};
  return { 'system/step_data_milliseconds': rounded((1000 * data) / count), 'system/step_compute_milliseconds': rounded((1000 * compute) / count) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

/** What `nvidia-smi` tells of every GPU; null where there is no such program, or it has no GPU to tell of. */
export async function nvidiaGpus(): Promise<Metrics | null> {
  const asked = ['index', 'utilization.gpu', 'memory.used', 'memory.total', 'power.draw', 'temperature.gpu'];
  try {
    const { stdout } = await promisify(execFile)('nvidia-smi', [`--query-gpu=${asked.join(',')}`, '--format=csv,noheader,nounits'], { timeout: GPU_TIMEOUT });
    return gpuMetrics(stdout);
  } catch {
    return null;
  }
}

/** @param csv a line for each GPU; what a card does not tell is `[N/A]` */
export function gpuMetrics(csv: string): Metrics | null {
  const lines = csv.split('\n').filter((line) => line.trim() !== '').map((line) => line.split(',').map((cell) => Number(cell.trim()))).filter(([index]) => Number.isInteger(index));
  if (lines.length === 0) return null;
  return Object.fromEntries(
    lines.flatMap(([index, busy, used, total, power, temperature]) => {
      const prefix = `system/gpu_${index}`;
      const share = used !== undefined && total ? (100 * used) / total : NaN;
      const all = [['utilization_percentage', busy], ['memory_usage_megabytes', used], ['memory_usage_percentage', share], ['power_usage_watts', power], ['temperature_celsius', temperature]] as const;
      return all.flatMap(([name, value]) => (value !== undefined && Number.isFinite(value) ? [[`${prefix}_${name}`, rounded(value)]] : []));
    }),
  );
}
