import type { NeutralType } from '../schema/types';

/** A word of a name that says that nobody is to see what is in it, in English and in what NocoBase is translated into. */
const WORD =
  /^(pass(word|wd|phrase|code)s?|pwd|secrets?|tokens?|credentials?|t?otp|pin|cvv|cvc|api ?keys?|jwt|passwords?(hash|salt)|mdp|wachtwoord|contraseña|passwort|senha)$/;
/** Two words that are one thing. */
const PAIR =
  /\b(api|access|private|secret|encryption|signing|auth|session|master|license|app|aes) keys?\b|\b(recovery|backup|verification|security|auth|access) codes?\b|\bmot de passe\b/;
/** Written together, as names in small letters are. */
const ENDING = /(password|passwd|passphrase|secret|token|apikey|accesskey|privatekey|secretkey)s?$/;
const EAST = /密码|口令|密钥|私钥|令牌|パスワード|秘密鍵|トークン|暗証番号/;

/** What holds no text holds a secret only if it is called one and nothing else: `pin`, and not `inputTokens`. */
const NUMBERS: readonly NeutralType[] = ['int16', 'int32', 'int64', 'decimal', 'float32', 'float64'];
const NUMBER = /^(password|passcode|secret|pin|pin code|otp|totp|cvv|cvc|verification code|security code)$/;
const NEVER: readonly NeutralType[] = ['boolean', 'date', 'time', 'timestamp', 'timestamptz', 'interval'];

/** Whether the name of a column, or its title, says that it holds a secret: by whole words, not by parts of words. */
export function soundsSecret(name: string, type: NeutralType): boolean {
  if (NEVER.includes(type)) return false;
  const words = name
    .slice(0, 300)
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{M}]+/u)
    .filter(Boolean);
  const said = words.join(' ');
  if (NUMBERS.includes(type)) return NUMBER.test(said);
  return words.some((word) => WORD.test(word) || ENDING.test(word)) || PAIR.test(said) || EAST.test(name);
}
