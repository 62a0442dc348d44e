package dev.millrace.processor.ownership;

import dev.millrace.processor.store.Loaded;
import java.util.List;

/**
 * The leases of all processes that read a stream, one each. Its methods block the calling virtual thread, for some seconds at
 * most; one thread at a time calls them.
 */
public interface Leases {

    /** All that there are, expired ones too, this process's own among them; not older than the call. */
    Loaded<List<Lease>> list();

    /** Makes or renews this process's own lease. */
    Loaded<Boolean> renew(boolean draining);

    /** Deletes this process's own lease, if it is still its own. */
    Loaded<Boolean> delete();
}
