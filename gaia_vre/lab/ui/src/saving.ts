import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { Events } from './events';
import type { Words } from './words';

/** What a message says that comes a minute before the service stops this lab. */
export const WILL_STOP = 'will-stop';

/** Save every open document when the service tells that it will stop this lab, and say whether that worked. */
export function saveBeforeStop(app: JupyterFrontEnd, events: Events, words: Words): void {
  events.told.connect((_, { kind }) => {
    if (kind === WILL_STOP) {
      void app.commands.execute('docmanager:save-all').then(
        () => Notification.info(words.t('Open documents were saved.'), { autoClose: false }),
        () => Notification.error(words.t('Not every open document could be saved: save it yourself.'), { autoClose: false })
      );
    }
  });
}
