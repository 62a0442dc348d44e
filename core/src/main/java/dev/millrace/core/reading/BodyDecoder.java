package dev.millrace.core.reading;

/**
 * Decodes one body as it arrives. What comes of it does not depend on how its bytes are cut into pieces, and the work grows
 * with their number alone. Not thread-safe.
 */
public sealed interface BodyDecoder permits JsonBodyDecoder, NdjsonBodyDecoder {

    /**
     * Decodes what the next bytes complete; the array is not kept.
     *
     * @return whether more is wanted: not where the result is known already, and what follows is not looked at
     */
    boolean write(byte[] bytes, int offset, int length);

    /** The body has ended. */
    BodyResult end();

    /** The bytes that it holds of the item that is not complete yet. */
    int heldBytes();
}
