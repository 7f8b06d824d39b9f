import { expect, test } from 'vitest';
import { openExecutor } from '../../src/engine/compile/backends';
import { configSchema } from '../../src/engine/config/schema';
import { argmaxRows } from '../../src/engine/metrics/logits';
import { initParams } from '../../src/engine/model/params';
import { vitSpec } from '../../src/engine/model/spec';
import { converter } from '../../src/engine/teacher';
import { smoothedTargets } from '../../src/engine/pipeline/targets';
import { temporaryFolder } from '../engine/tiny';
import { measured, reference } from './reference';
import { distributions, noise, oneStep, shaken, writeTensors, type Backend } from './steps';
import { withTensorFlow } from './tensorflow';

// Float32 on both sides, as in the comparison of patch dropout.
const LOSS = 1e-5;
const GRADIENTS = 1e-4;

/** B 64 is a batch that ONNX Runtime computes in blocks. */
const cases = [
  { B: 6, distilled: false, kind: 'soft', alpha: 0.5, temperature: 3 },
  { B: 64, distilled: true, kind: 'soft', alpha: 0.9, temperature: 1 },
  { B: 6, distilled: true, kind: 'hard', alpha: 0.5, temperature: 1 },
  { B: 6, distilled: false, kind: 'hard', alpha: 0.3, temperature: 1, parts: 2 },
] as const;

const K = 5;
const colours = { student: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] }, teacher: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } };
const model = { patch_size: 4, depth: 2, num_heads: 2, embed_dim: 32 };
const teacher = configSchema.parse({ image: { size: 32, ...colours.teacher }, model });
const teacherSpec = vitSpec(teacher.image, teacher.model, K);
const teacherParams = shaken(initParams(teacherSpec, 21));

async function compare(backend: Backend): Promise<void> {
  const folder = await temporaryFolder();
  const [losses, asked]: [number[], object[]] = [[], []];
  const session = await (await openExecutor(backend)).infer(teacherSpec, teacherParams);
  for (const [i, { B, distilled, ...plan }] of cases.entries()) {
    const student = configSchema.parse({ image: { size: 32, ...colours.student }, model: { ...model, distilled } });
    const spec = vitSpec(student.image, student.model, K);
    const params = shaken(initParams(spec, 7));
    const [images, targets] = [noise([B, 32, 32, 3], 'images', i), distributions(B, K, 'targets', i)];
    const { logits } = await session.forward(converter(student.image, teacher.image, teacherSpec)(images));
    const said = plan.kind === 'hard' ? smoothedTargets(argmaxRows(logits), K, 0) : logits;
    const { kind, alpha, temperature } = plan;
    const step = await oneStep(backend, spec, params, { images, targets, teacher: said, noiseSeed: [1, 1] }, { distillation: { teacher: 'x', kind, alpha, temperature }, ...('parts' in plan && { grad_accum_steps: plan.parts }) });
    losses.push(step.loss);
    const named = (prefix: string, tensors: typeof params) => [...tensors].map(([name, tensor]) => [`${prefix}.${name}`, tensor] as const);
    asked.push({
      options: { img_size: 32, patch_size: 4, embed_dim: 32, depth: 2, num_heads: 2, mlp_ratio: 2 },
      distilled,
      distillation: { kind, alpha, temperature },
      ...colours,
      given: await writeTensors(folder, `given.${i}`, new Map([...named('student', params), ...named('teacher', teacherParams), ['images', images], ['targets', targets], ['teacher', logits]])),
      ours: await writeTensors(folder, `ours.${i}`, step.grads),
    });
  }
  session.dispose();
  const answers = await reference<{ teacher: number; loss: number; gradients: Record<string, number>; control: number }[]>('steps', { kind: 'distillation', cases: asked });
  for (const { control, gradients } of answers) {
    expect(control).toBeGreaterThan(10 * LOSS);
    expect(Object.keys(gradients).length).toBeGreaterThan(20);
  }
  expect(Object.keys(answers[1]!.gradients)).toContain('head_dist.weight');
  const worst = {
    'logits of the teacher': [Math.max(...answers.map((answer) => answer.teacher)), LOSS],
    loss: [Math.max(...answers.map(({ loss }, i) => Math.abs(loss - losses[i]!))), LOSS],
    'gradients, relative': [Math.max(...answers.flatMap(({ gradients }) => Object.values(gradients))), GRADIENTS],
  } as const;
  for (const [name, [value, most]] of Object.entries(worst)) {
    measured(`distillation on ${backend}, ${name}`, value, most);
    expect(value, name).toBeLessThan(most);
  }
}

test.each(['onnx', 'wasm'] as const)("a training step with a teacher is that of timm's tasks, on %s", compare);

withTensorFlow('with native TensorFlow', () => {
  test("a training step with a teacher is that of timm's tasks", () => compare('tfjs-node'));
});
