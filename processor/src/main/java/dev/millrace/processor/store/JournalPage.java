package dev.millrace.processor.store;

/**
 * What one commit has fed to the detector of a shard, so that whoever takes the shard over need not read the stream again for it.
 *
 * @param from where the shard's reading stood before
 * @param to where it stood afterwards
 * @param fed the values, as the shard's detector writes them; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record JournalPage(Position from, Position to, byte[] fed) {}
