/** The colours of maps, for what is drawn in the terminal. */
export { diverging, viridis } from '../pictures/colours';
