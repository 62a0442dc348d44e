package dev.millrace.core.ops;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Whether a process is ready, and why. It is when every component that it must have is, and while it is not draining.
 * Thread-safe.
 */
public final class Health {

    private final String version;
    private final Map<String, Component> components = new ConcurrentSkipListMap<>();
    private final Promise<Void> ready = Promise.promise();
    private volatile boolean draining;

    public Health(String version) {
        this.version = version;
    }

    /** The component of a name; it is not ready until it says so. */
    public Component component(String name) {
        return components.computeIfAbsent(name, _ -> new Component(this));
    }

    /** From now on the process is not ready, because it is about to stop. */
    public void drain() {
        draining = true;
        ready.tryFail("draining");
    }

    public boolean isReady() {
        return !draining && components.values().stream().allMatch(component -> component.state.ready);
    }

    /** Completes when it is ready for the first time; fails when it drains before. */
    public Future<Void> ready() {
        return ready.future();
    }

    /**
     * {@code {"ready", "draining", "version", "components": {name: {"ready", "detail"}}}}. It is ready exactly where it is not draining
     * and all that it says of its components is ready, whatever changes meanwhile.
     */
    public JsonObject toJson() {
        boolean drains = draining;
        boolean all = true;
        JsonObject parts = new JsonObject();
        for (Map.Entry<String, Component> entry : components.entrySet()) {
            State state = entry.getValue().state;
            all &= state.ready;
            parts.put(entry.getKey(), new JsonObject().put("ready", state.ready).put("detail", state.detail));
        }
        return new JsonObject()
                .put("ready", all && !drains)
                .put("draining", drains)
                .put("version", version)
                .put("components", parts);
    }

    private record State(boolean ready, String detail) {}

    /** One thing that the process needs. */
    public static final class Component {

        private volatile State state = new State(false, "starting");

        private final Health health;

        private Component(Health health) {
            this.health = health;
        }

        /** It works; {@code detail} says how it stands. */
        public void up(String detail) {
            state = new State(true, detail);
            if (health.isReady()) {
                health.ready.tryComplete();
            }
        }

        /** It does not work; {@code reason} says why, without a secret. */
        public void down(String reason) {
            state = new State(false, reason);
        }

        /** Whether it said last that it works. */
        public boolean isUp() {
            return state.ready;
        }
    }
}
