package dev.millrace.gateway.mqtt;

import java.util.Arrays;

/** A small set of packet identifiers, in two bytes each. A client has few at a time: looking one up goes through them. */
final class PacketIds {

    private static final char[] NONE = {};

    private char[] ids = NONE;
    private int size;

    boolean contains(int id) {
        return indexOf(id) >= 0;
    }

    void add(int id) {
        if (contains(id)) {
            return;
        }
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, Math.max(8, 2 * size));
        }
        ids[size++] = (char) id;
    }

    void addAll(PacketIds others) {
        for (int i = 0; i < others.size; i++) {
            add(others.ids[i]);
        }
    }

    /** Takes one out; answers whether it was there. */
    boolean remove(int id) {
        int index = indexOf(id);
        if (index < 0) {
            return false;
        }
        ids[index] = ids[--size];
        if (size == 0) {
            ids = NONE;
        }
        return true;
    }

    void clear() {
        ids = NONE;
        size = 0;
    }

    int size() {
        return size;
    }

    private int indexOf(int id) {
        for (int i = 0; i < size; i++) {
            if (ids[i] == id) {
                return i;
            }
        }
        return -1;
    }
}
