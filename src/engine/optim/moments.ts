import type { TrainConfig } from '../config/schema';

/** Which moments an optimizer keeps of every parameter. */
export function momentsOf(opt: TrainConfig['opt']): readonly ('m' | 'v')[] {
  return opt === 'adamw' || opt === 'lamb' ? ['m', 'v'] : ['m'];
}
