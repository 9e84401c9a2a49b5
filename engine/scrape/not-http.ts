/** The peer speaks something else, or HTTP of a kind that is not safe to read. */
export class NotHttp extends Error {
  override readonly name = 'NotHttp';
}
