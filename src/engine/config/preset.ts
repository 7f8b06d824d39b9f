import { isObject, type Json } from '../json';
import { isPresetName, presets } from '../model/presets';
import { fieldsAt } from './keys';

type Section = Json;

/**
 * A configuration with what `model.preset` says filled in below what is written: in `model` and in `image`. An unknown name,
 * or a section that is none, is left for the schema to complain about.
 */
export function withPreset(config: Section): Section {
  const { model, image = {} } = config;
  if (!isObject(model) || !isObject(image) || !isPresetName(model['preset'])) return config;
  const preset = presets[model['preset']];
  return { ...config, model: { ...preset.model, ...model }, image: { ...known('image', preset.image), ...image } };
}

/** A preset may say more of its images than this version can do. */
function known(section: string, values: Section): Section {
  const fields = fieldsAt([section]) ?? {};
  return Object.fromEntries(Object.entries(values).filter(([key]) => Object.hasOwn(fields, key)));
}
