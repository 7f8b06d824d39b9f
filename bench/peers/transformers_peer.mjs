// transformers.js: the same ViT, from an ONNX file that PyTorch wrote (export_vit.py), as its users run those of the hub.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

try {
  const { workload, threads, home, folder } = JSON.parse(process.argv[2]);
  const { size, dim, depth, heads, mlp, patch, classes } = workload.shape;
  const require = createRequire(path.join(home, 'x.js'));
  const entry = require.resolve('@huggingface/transformers');
  const loaded = await import(entry);
  // A CommonJS entry comes as the default export alone.
  const { AutoModelForImageClassification, Tensor, env } = loaded.env ? loaded : loaded.default;
  const { version } = JSON.parse(readFileSync(path.join(path.dirname(entry), '../package.json'), 'utf8'));
  const config = { model_type: 'vit', architectures: ['ViTForImageClassification'], hidden_size: dim, num_hidden_layers: depth, num_attention_heads: heads, intermediate_size: dim * mlp, image_size: size, patch_size: patch, num_channels: 3 };
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify({ ...config, id2label: Object.fromEntries(Array.from({ length: classes }, (_, i) => [i, String(i)])) }));
  env.localModelPath = path.dirname(folder);
  env.allowRemoteModels = false;
  const model = await AutoModelForImageClassification.from_pretrained(path.basename(folder), { dtype: 'fp32', device: 'cpu', session_options: { intraOpNumThreads: threads } });
  const pixels = new Tensor('float32', Float32Array.from({ length: 3 * size * size }, () => Math.random() - 0.5), [1, 3, size, size]);
  const once = () => model({ pixel_values: pixels });
  await once();
  say({ label: `transformers.js ${version}` });
  for await (const line of createInterface({ input: process.stdin })) {
    const { run } = JSON.parse(line);
    const ms = [];
    for (let i = 0; i < (run ?? 0); i++) {
      const start = performance.now();
      await once();
      ms.push(performance.now() - start);
    }
    say(run === undefined ? { peak: process.resourceUsage().maxRSS * 1024 } : { ms });
  }
} catch (error) {
  say({ error: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
