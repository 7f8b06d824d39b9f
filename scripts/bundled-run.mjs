// Makes of a run what comes with the extension: its best checkpoint without training state, and nothing that tells of a machine.
// As a program it puts one of the user's own trainings there, in half precision:
//   node scripts/bundled-run.mjs RUN FOLDER "Name that people read"      (FOLDER below media/sample/run)
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Prunes a run folder in place. `told` overrides what its record says, and so do `data` of where its images lie; `shipped` is whether they come along. */
export async function prune(run, { data, told = {}, shipped = true }) {
  const checkpoints = path.join(run, 'checkpoints');
  const index = JSON.parse(await readFile(path.join(checkpoints, 'index.json'), 'utf8'));
  const points = index.points.filter(({ name }) => name === index.best).map((point) => ({ ...point, state: false }));
  await writeFile(path.join(checkpoints, 'index.json'), `${JSON.stringify({ ...index, last: index.best, points }, null, 2)}\n`);
  for (const name of await readdir(checkpoints)) if (name !== 'index.json' && name !== `${index.best}.safetensors`) await rm(path.join(checkpoints, name), { recursive: true });
  for (const name of await readdir(run)) if (/^(released|stop|owner)/.test(name)) await rm(path.join(run, name), { recursive: true });
  // Every fifth step is enough for a curve; rows with an evaluation all stay.
  const metrics = path.join(run, 'metrics.jsonl');
  const rows = (await readFile(metrics, 'utf8')).trimEnd().split('\n');
  const kept = rows.filter((row, i) => i % 5 === 0 || /"(val|test)\//.test(row));
  await writeFile(metrics, `${kept.join('\n')}\n`);
  const record = JSON.parse(await readFile(path.join(run, 'run.json'), 'utf8'));
  const { path: _, ...dataset } = record.dataset;
  await writeFile(path.join(run, 'run.json'), `${JSON.stringify({ ...record, ...told, git: null, dataset: { ...dataset, path: data, relative: data, ...(shipped ? {} : { shipped: false }) } }, null, 2)}\n`);
  return path.join(checkpoints, `${index.best}.safetensors`);
}

/** Rewrites a checkpoint of ViT Lab in half precision: half the bytes. Returns its checksum, which is that of the values as they are read. */
export async function halve(file, data) {
  const bytes = await readFile(file);
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(bytes.toString('utf8', 8, begin));
  const hash = createHash('sha256');
  const header = {};
  const parts = [];
  let at = 0;
  for (const name of Object.keys(entries).sort()) {
    const { dtype, shape, data_offsets: [from, to] } = entries[name];
    if (dtype !== 'F32') throw new Error(`${name} is ${dtype}, not F32`);
    const half = Float16Array.from(new Float32Array(new Uint8Array(bytes.subarray(begin + from, begin + to)).buffer));
    if (!half.every(Number.isFinite)) throw new Error(`${name} holds values beyond half precision`);
    hash.update(new Uint8Array(Float32Array.from(half).buffer));
    parts.push(Buffer.from(half.buffer));
    header[name] = { dtype: 'F16', shape, data_offsets: [at, (at += half.byteLength)] };
  }
  const sha256 = hash.digest('hex');
  const config = JSON.parse(metadata.config);
  const told = { ...metadata, sha256, config: JSON.stringify({ ...config, dataset: { ...config.dataset, path: data } }) };
  const text = Buffer.from(JSON.stringify({ __metadata__: told, ...header }));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  await writeFile(file, Buffer.concat([size, padded, ...parts]));
  return sha256;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [run, folder, name] = process.argv.slice(2);
  if (!run || !folder || !name) throw new Error('Call: node scripts/bundled-run.mjs RUN FOLDER "Name"');
  const target = path.join(path.resolve(fileURLToPath(import.meta.url), '../..'), 'media/sample/run', folder);
  await rm(target, { recursive: true, force: true });
  await cp(run, target, { recursive: true });
  const data = 'cifar10';
  const sha256 = await halve(await prune(target, { data, told: { name }, shipped: false }), data);
  const file = path.join(target, 'checkpoints/index.json');
  const index = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, `${JSON.stringify({ ...index, points: index.points.map((point) => ({ ...point, sha256 })) }, null, 2)}\n`);
  // Where the images lay on the machine that trained it is nobody's business.
  for (const file of ['config.yaml', 'config.source.yaml', 'log.jsonl']) {
    const text = await readFile(path.join(target, file), 'utf8');
    await writeFile(path.join(target, file), text.replace(/(\bpath:\s*).*/, `$1${data}`));
  }
  console.log(`Wrote ${target}`);
}
