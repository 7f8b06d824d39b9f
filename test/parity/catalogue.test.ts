import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/engine/hub/catalogue';

const python = path.join(import.meta.dirname, '../../.cache/parity/bin/python');

/** Parameters by timm's own networks; those of Transformers by a network of the shape that the repository has. */
const SCRIPT = `
import json, sys, timm, transformers as t
from timm.models import get_pretrained_cfg
hf = {
  'google/vit-base-patch16-224': lambda: t.ViTForImageClassification(t.ViTConfig(num_labels=1000)),
  'facebook/deit-tiny-patch16-224': lambda: t.ViTForImageClassification(t.ViTConfig(num_labels=1000, hidden_size=192, num_attention_heads=3, intermediate_size=768)),
  'facebook/dinov2-small': lambda: t.Dinov2Model(t.Dinov2Config(hidden_size=384, num_attention_heads=6, image_size=518, patch_size=14)),
}
out = {}
for repo in json.load(sys.stdin):
  if repo in hf: model, cfg = hf[repo](), None
  else: model, cfg = timm.create_model(repo.split('/')[1]), get_pretrained_cfg(repo.split('/')[1])
  out[repo] = [sum(p.numel() for p in model.parameters()), cfg and cfg.hf_hub_id, cfg and cfg.license]
print(json.dumps(out))
`;

test('repositories, licences and parameters are those that timm and Transformers tell', () => {
  const { stdout, stderr } = spawnSync(python, ['-c', SCRIPT], { input: JSON.stringify(CATALOGUE.map(({ repo }) => repo)), encoding: 'utf8' });
  expect(stdout, stderr).toMatch(/^\{/);
  const told = JSON.parse(stdout) as Record<string, [number, string | null, string | null]>;
  for (const { repo, params, licence } of CATALOGUE) expect([repo, ...told[repo]!]).toEqual([repo, params, ...(repo.startsWith('timm/') ? [repo, licence] : [null, null])]);
}, 600_000);
