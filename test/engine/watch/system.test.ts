import { expect, test, vi } from 'vitest';
import { gpuMetrics, monitorSystem } from '../../../src/engine/watch/system';

const noGpu = (): Promise<null> => Promise.resolve(null);

test('it measures at an interval: processor, memory, and what a step waits and computes', () => {
  let now = 0;
  const monitor = monitorSystem({ every: 10, gpus: noGpu, now: () => now });
  monitor.add({ data: 0.1, compute: 0.3 });
  expect(monitor.due()).toBeNull();
  monitor.add({ data: 0.3, compute: 0.5 });
  now = 10_000;
  const measured = monitor.due()!;
  expect(measured).toMatchObject({ 'system/step_data_milliseconds': 200, 'system/step_compute_milliseconds': 400 });
  for (const share of ['cpu_utilization_percentage', 'process_cpu_utilization_percentage', 'system_memory_usage_percentage'])
    if (`system/${share}` in measured) expect(measured[`system/${share}`]).toSatisfy((value: number) => value >= 0 && value <= 100);
  expect(measured['system/process_memory_usage_megabytes']).toBeCloseTo(process.memoryUsage.rss() / 2 ** 20, -2);
  expect(measured['system/system_memory_usage_megabytes']).toBeGreaterThan(measured['system/process_memory_usage_megabytes']!);
  expect(monitor.due()).toBeNull();
  now = 20_000;
  // No step since.
  expect(monitor.due()).not.toHaveProperty('system/step_data_milliseconds');
});

test('a second of work on one core is that share of the machine', () => {
  const before = performance.now();
  const monitor = monitorSystem({ every: 0.3, gpus: noGpu });
  while (performance.now() - before < 400);
  expect(monitor.due()!['system/process_cpu_utilization_percentage']).toBeGreaterThan(0);
});

test('0 looks never', () => {
  const gpus = vi.fn(noGpu);
  const monitor = monitorSystem({ every: 0, gpus, now: () => 1e9 });
  monitor.add({ data: 1, compute: 1 });
  expect(monitor.due()).toBeNull();
  expect(gpus).not.toHaveBeenCalled();
});

test('a machine without GPU is asked once, one with GPU each time', async () => {
  let now = 0;
  const none = vi.fn(noGpu);
  const some = vi.fn(() => Promise.resolve({ 'system/gpu_0_utilization_percentage': 50 }));
  const monitors = [none, some].map((gpus) => monitorSystem({ every: 1, gpus, now: () => now }));
  for (now = 1000; now < 5000; now += 1000) {
    await Promise.resolve();
    const [without, withGpu] = monitors.map((monitor) => monitor.due()!);
    expect(without).not.toHaveProperty('system/gpu_0_utilization_percentage');
    expect(withGpu).toMatchObject({ 'system/gpu_0_utilization_percentage': 50 });
  }
  expect(none).toHaveBeenCalledTimes(1);
  expect(some).toHaveBeenCalledTimes(5);
});

// As `nvidia-smi --query-gpu=… --format=csv,noheader,nounits` prints it.
test('what nvidia-smi tells becomes metrics of each GPU; what a card does not tell is left out', () => {
  expect(gpuMetrics('0, 93, 20480, 81920, 345.12, 61\n1, [N/A], 0, 24576, [Not Supported], 40\n')).toEqual({
    'system/gpu_0_utilization_percentage': 93,
    'system/gpu_0_memory_usage_megabytes': 20480,
    'system/gpu_0_memory_usage_percentage': 25,
    'system/gpu_0_power_usage_watts': 345.12,
    'system/gpu_0_temperature_celsius': 61,
    'system/gpu_1_memory_usage_megabytes': 0,
    'system/gpu_1_memory_usage_percentage': 0,
    'system/gpu_1_temperature_celsius': 40,
  });
  expect(gpuMetrics('')).toBeNull();
  expect(gpuMetrics('No devices were found\n')).toBeNull();
});
