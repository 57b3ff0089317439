import { Gettext, ITranslator, TranslationBundle } from '@jupyterlab/translation';
import french from '../locale/fr.json';

const DOMAIN = 'gaia_vre';
const ENGLISH = 'en';
/** Numbers and dates as the service writes them. */
const LOCALES: Record<string, string> = { en: 'en-GB', fr: 'fr-FR' };

/** Return the language of JupyterLab; where nobody has chosen one, the browser's first that we have. */
export function chooseLanguage(jupyterlab: string, chosenThere: boolean, browser: readonly string[]): string {
  const ours = (code: string) => code.toLowerCase().split(/[-_]/)[0];
  const wanted = chosenThere || ours(jupyterlab) !== ENGLISH ? [jupyterlab] : browser;
  return wanted.map(ours).find(code => code in LOCALES) ?? ENGLISH;
}

/** Texts, numbers and times in one language. */
export class Words {
  private readonly _texts: TranslationBundle;
  private readonly _locale: string;

  constructor(readonly language: string) {
    this._locale = LOCALES[language] ?? LOCALES[ENGLISH];
    const texts = new Gettext({ domain: DOMAIN, locale: language });
    if (language === 'fr') {
      texts.loadJSON(french as never, DOMAIN);
    }
    this._texts = texts;
  }

  /** The words of JupyterLab's own language, or of the browser's. */
  static of(translator: ITranslator, chosenThere: boolean): Words {
    return new Words(chooseLanguage(translator.languageCode, chosenThere, navigator.languages));
  }

  t(english: string, ...values: string[]): string {
    return this._texts.__(english, ...values);
  }

  /** A count and what it counts; %1 is the count. */
  n(one: string, many: string, count: number): string {
    return this._texts._n(one, many, count).replace(String(count), this.number(count));
  }

  number(value: number, digits = 1): string {
    const small = Math.abs(value) < 10 ? Math.max(digits, 1) : digits;
    return new Intl.NumberFormat(this._locale, { maximumFractionDigits: value >= 100 ? 0 : small }).format(value);
  }

  gib(bytes: number): string {
    return this.number(bytes / 2 ** 30);
  }

  /** A day, as "4 December 2026". */
  day(time: Date): string {
    return new Intl.DateTimeFormat(this._locale, { day: 'numeric', month: 'long', year: 'numeric' }).format(time);
  }

  /** A day and a time, as "Friday 4 December, 16:00". */
  when(time: Date): string {
    const day = new Intl.DateTimeFormat(this._locale, { weekday: 'long', day: 'numeric', month: 'long' }).format(time);
    const clock = new Intl.DateTimeFormat(this._locale, { hour: '2-digit', minute: '2-digit' }).format(time);
    return `${day}, ${this.language === 'fr' ? clock.replace(':', '\u00a0h\u00a0') : clock}`;
  }
}
