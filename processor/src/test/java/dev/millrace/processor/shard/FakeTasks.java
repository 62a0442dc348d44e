package dev.millrace.processor.shard;

import dev.millrace.processor.task.Task;
import dev.millrace.processor.task.Tasks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Tasks that are started and do nothing until the test lets them end. */
final class FakeTasks implements Tasks {

    final Map<String, Started> running = new LinkedHashMap<>();
    final List<String> started = new ArrayList<>();

    @Override
    public Task start(String name, Program program, Ended ended) {
        Started task = new Started(name, program, ended);
        running.put(name, task);
        started.add(name);
        return task;
    }

    /** The running task of a shard. */
    Started of(String shardId) {
        return Objects.requireNonNull(running.get("shard " + shardId), shardId);
    }

    final class Started implements Task {

        private final String name;
        private final Program program;
        private final Ended ended;
        boolean stopRequested;

        private Started(String name, Program program, Ended ended) {
            this.name = name;
            this.program = program;
            this.ended = ended;
        }

        /** Lets it run to its end. */
        void run(FakeWaits waits) {
            program.run(waits);
            running.remove(name);
            ended.ended(Optional.empty());
        }

        void breakOff(Throwable fault) {
            running.remove(name);
            ended.ended(Optional.of(fault));
        }

        @Override
        public void wake() {}

        @Override
        public void requestStop() {
            stopRequested = true;
        }

        @Override
        public void await() {
            if (running.containsKey(name)) {
                FakeWaits waits = new FakeWaits();
                waits.requestStop();
                run(waits);
            }
        }
    }
}
