import { spawnSync } from 'node:child_process';
import { readdirSync, symlinkSync } from 'node:fs';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { saveCheckpoint } from '../../src/engine/checkpoint';
import { openExecutor } from '../../src/engine/compile/backends';
import { parseConfig } from '../../src/engine/config/load';
import { exportCheckpoint } from '../../src/engine/export/export';
import { normalise, openPicture } from '../../src/engine/image';
import { fitToPatch, vitSpec } from '../../src/engine/model/spec';
import { meta } from '../engine/runFixture';
import { temporaryFolder } from '../engine/tiny';
import { CLASSES, gap, moved, softmax, TOLERANCE } from '../fixtures/exported';
import { measured, photos as photoFolder } from './reference';
import { folder as tensorFlowFolder, withTensorFlow } from './tensorflow';

/** Every attention map, in float32 on both sides. */
const MAPS = 1e-5;

/** Runs predict.py in the Python of TensorFlow, and asks the signature for the maps beside the logits. */
const ASK = `
import importlib.util, json, sys
import numpy as np, tensorflow as tf
request = json.load(sys.stdin)
where = importlib.util.spec_from_file_location("predict", request["folder"] + "/predict.py")
script = importlib.util.module_from_spec(where)
where.loader.exec_module(script)
model = script.network()
call = model.signatures["serving_default"]
size = call.structured_input_signature[1]["images"].shape[0]
rows = [call(images=tf.constant(np.repeat(script.prepare(photo)[None], size, 0))) for photo in request["photos"]]
print(json.dumps({
    "labels": script.LABELS, "batch": size,
    "probabilities": [script.probabilities(model, photo).tolist() for photo in request["photos"]],
    "maps": [[row["attention.%d" % i].numpy()[-1].ravel().tolist() for i in range(len(row) - 1)] for row in rows],
}))
`;

interface Answer {
  readonly labels: readonly string[];
  readonly batch: number;
  readonly probabilities: readonly (readonly number[])[];
  /** Of each photo each layer's. */
  readonly maps: readonly (readonly (readonly number[])[])[];
}

/** TensorFlow's Python has no Pillow of its own: that of the other environment is put before it. */
async function pillow(): Promise<string> {
  const found = spawnSync(process.env['VITLAB_PYTHON']!, ['-c', 'import PIL; print(PIL.__path__[0])'], { encoding: 'utf8' }).stdout.trim();
  const place = await temporaryFolder();
  for (const name of readdirSync(path.dirname(found))) if (/^(PIL|pillow\.libs)$/.test(name)) symlinkSync(path.join(path.dirname(found), name), path.join(place, name));
  return place;
}

async function ask(folder: string, photos: readonly string[]): Promise<Answer> {
  const env = { ...process.env, PYTHONPATH: await pillow(), TF_CPP_MIN_LOG_LEVEL: '2' };
  const { status, stdout, stderr } = spawnSync(path.join(tensorFlowFolder!, 'python/bin/python3'), ['-c', ASK], { input: JSON.stringify({ folder, photos }), encoding: 'utf8', env, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Answer;
}

const small = { patch_size: 8, embed_dim: 24, depth: 2, num_heads: 3, mlp_ratio: 2 };

withTensorFlow('a SavedModel', () => {
  test.skipIf(photoFolder === '').each([
    ['plain, one image', { size: 32 }, small, 'dynamic'],
    ['batches of 3, grey', { size: 32, channels: 1 }, small, 3],
    ['what timm has not', { size: [32, 24] }, { ...small, pos_embed: 'rope', norm_first: false }, 1],
    ['registers, scale, average', { size: 32 }, { ...small, reg_tokens: 2, no_embed_class: true, init_values: 0.1, global_pool: 'avg' }, 1],
    ['Compact Convolutional Transformer', { size: 32 }, { projection: 'conv_stem', patch_size: 4, stem_dim: 16, embed_dim: 24, depth: 2, num_heads: 2, mlp_ratio: 1, global_pool: 'seq' }, 1],
  ] as const)('%s: predicts on photos in TensorFlow, with the attention, what we do', async (name, image, model, batch) => {
    const folder = await temporaryFolder();
    const photos = readdirSync(photoFolder).filter((file) => file.endsWith('.jpg')).sort().slice(0, 2).map((file) => path.join(photoFolder, file));
    const { config, problems } = parseConfig(JSON.stringify({ dataset: { format: 'shapes' }, image, model }), 'x.yaml');
    if (!config) throw new Error(problems.map(({ message }) => message).join(' '));
    const spec = vitSpec(config.image, config.model, CLASSES.length);
    const params = moved(spec);
    const checkpoint = path.join(folder, 'checkpoint.safetensors');
    await saveCheckpoint(checkpoint, params, { ...meta, config, classes: CLASSES });
    const out = path.join(folder, 'out');
    await exportCheckpoint({ checkpoint, to: 'tensorflow', out, taps: ['attention'], batch, precision: 'fp32', optimise: false, force: false }, new AbortController().signal, () => undefined);
    const answer = await ask(out, photos);
    const session = await (await openExecutor('wasm')).infer(spec, params);
    const probabilities: number[][] = [];
    const maps: number[] = [];
    for (const [i, photo] of photos.entries()) {
      const { input } = await openPicture(photo, config.image, fitToPatch(config.image, config.model));
      const { logits, taps } = await session.forward({ shape: [1, ...spec.imageSize, spec.channels], data: normalise(input, config.image) }, { attention: true });
      probabilities.push(softmax([...logits.data]));
      answer.maps[i]!.forEach((map, layer) => maps.push(gap([[...taps.get(`attention.${layer}`)!.data]], [map])));
    }
    session.dispose();
    expect(answer).toMatchObject({ labels: CLASSES, batch: batch === 'dynamic' ? 1 : batch });
    const off = gap(probabilities, answer.probabilities);
    measured(`SavedModel, ${name}, probabilities`, off, TOLERANCE);
    measured(`SavedModel, ${name}, attention`, Math.max(...maps), MAPS);
    expect(off).toBeLessThan(TOLERANCE);
    expect(maps).toHaveLength(photos.length * spec.depth);
    expect(Math.max(...maps)).toBeLessThan(MAPS);
    // Control: photos are told apart by more than that.
    expect(gap([probabilities[0]!], [answer.probabilities[1]!])).toBeGreaterThan(10 * TOLERANCE);
  });
});
