import type { SweepResults, SweepRow, SweepSpread, SweepTrial } from '../../src/protocol';

/** A sweep over the patch and the width with three seeds, of which so many trainings have ended; with `halving`, two of them have gone on for as many epochs again; with `drawn`, the width is of a range. */
export function sweepResults(ended = 18, three = false, halving = false, drawn = false): SweepResults {
  const patches = [4, 8, 16];
  const widths = [64, 128];
  const kinds = three ? ['learned', 'none'] : ['learned'];
  const settings = kinds.flatMap((kind) => patches.flatMap((patch) => widths.map((width) => ({ patch, width, kind }))));
  const trials: SweepTrial[] = [0, 1, 2].flatMap((seed) => settings.map(({ patch, width, kind }, setting): SweepTrial => {
    const index = seed * settings.length + setting;
    const label = `patch_size ${String(patch)}, embed_dim ${String(width)}${three ? `, pos_embed ${kind}` : ''}`;
    const base = { index, setting, label, short: label, seed, round: 0, epochs: halving && setting > 1 ? 5 : 10 };
    if (index < ended && index === 4) return { ...base, state: 'failed', reason: 'There is not enough memory for this batch.', run: `/lab/runs/r${String(index)}` };
    if (index < ended) {
      const val = 0.72 - 0.09 * Math.log2(patch / 4) + 0.03 * Math.log2(width / 64) - (kind === 'none' ? 0.06 : 0) + 0.012 * Math.sin(7 * index);
      return { ...base, state: 'finished', run: `/lab/runs/r${String(index)}`, val, test: val - 0.01 + 0.006 * Math.sin(5 * index), seconds: (400 * 16) / patch ** 1.5 + width };
    }
    return index === ended ? { ...base, state: 'running', run: `/lab/runs/r${String(index)}`, epoch: 4, step: 1200, steps: 3000 } : { ...base, state: 'waiting' };
  }));
  const spread = (values: readonly number[]): SweepSpread | undefined => {
    if (values.length === 0) return undefined;
    const mean = values.reduce((a, b) => a + b) / values.length;
    return { mean, n: values.length, sd: values.length === 1 ? 0 : Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1)) };
  };
  const rows = settings.map(({ patch, width, kind }, setting): SweepRow => {
    const own = trials.filter((trial) => trial.setting === setting);
    const of = (key: 'val' | 'test' | 'seconds'): SweepSpread | undefined => spread(own.flatMap((trial) => (trial[key] === undefined ? [] : [trial[key]])));
    const tokens = (32 / patch) ** 2 + 1;
    return {
      setting, values: [String(patch), String(width), ...(three ? [kind] : [])], epochs: halving && setting > 1 ? 5 : 10, finished: own.filter(({ state }) => state === 'finished').length, of: 3,
      params: 12 * width ** 2 * 6 + 3 * patch ** 2 * width, macs: 12 * width ** 2 * 6 * tokens, patches: tokens - 1, tokens, omegaMsa: 4 * tokens * width ** 2 + 2 * tokens ** 2 * width,
      ...(of('val') && { val: of('val')! }), ...(of('test') && { test: of('test')! }), ...(of('seconds') && { seconds: of('seconds')! }),
    };
  });
  const state = ended >= trials.length ? 'finished' : 'running';
  return {
    sweep: { path: '/lab/runs/sweep', name: 'patch and width', created: '2026-01-01T00:00:00Z', config: '/lab/ablate.vit.yaml', state, monitor: 'val/top1', keys: ['patch_size', 'embed_dim'], rounds: halving ? 2 : 1, trials },
    axes: [
      { key: 'model.patch_size', name: 'patch_size', values: ['4', '8', '16'], numeric: true },
      { key: 'model.embed_dim', name: 'embed_dim', values: ['64', '128'], numeric: true, ...(drawn && { scale: 'log' as const }) },
      ...(three ? [{ key: 'model.pos_embed', name: 'pos_embed', values: kinds, numeric: false }] : []),
    ],
    rows: rows.sort((a, b) => (b.val?.mean ?? 0) - (a.val?.mean ?? 0)),
    csv: 'patch_size,embed_dim\r\n',
  };
}
