package dev.millrace.processor.task;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs each program as a verticle on a virtual thread. */
public final class VertxTasks implements Tasks {

    private static final Logger LOG = LoggerFactory.getLogger(VertxTasks.class);

    private final Vertx vertx;

    public VertxTasks(Vertx vertx) {
        this.vertx = vertx;
    }

    @Override
    public Started start(String name, Program program, Ended ended) {
        Started started = new Started(name, program, ended, new VertxWaits(vertx));
        vertx.deployVerticle(started, new DeploymentOptions().setThreadingModel(ThreadingModel.VIRTUAL_THREAD))
                .onSuccess(deployment -> started.over.future().onComplete(_ -> vertx.undeploy(deployment)
                        .onComplete(_ -> started.gone.complete())))
                .onFailure(started::couldNotStart);
        return started;
    }

    /** A program as a verticle, whose undeployment asks it to end and waits until it has. */
    public static final class Started extends VerticleBase implements Task {

        private final String name;
        private final Program program;
        private final Ended ended;
        private final VertxWaits waits;
        private final Promise<Void> over = Promise.promise();
        private final Promise<Void> gone = Promise.promise();

        private Started(String name, Program program, Ended ended, VertxWaits waits) {
            this.name = name;
            this.program = program;
            this.ended = ended;
            this.waits = waits;
        }

        @Override
        public Future<?> start() {
            context.runOnContext(_ -> run());
            return Future.succeededFuture();
        }

        private void run() {
            Optional<Throwable> fault = Optional.empty();
            try {
                program.run(waits);
            } catch (Throwable e) {
                // whatever it is: what has ended must not look like what goes on
                LOG.error("The task {} was broken off by a fault", name, e);
                fault = Optional.of(e);
            }
            try {
                ended.ended(fault);
            } finally {
                over.complete();
            }
        }

        private void couldNotStart(Throwable e) {
            LOG.error("The task {} could not be started", name, e);
            try {
                ended.ended(Optional.of(e));
            } finally {
                over.tryComplete();
                gone.tryComplete();
            }
        }

        @Override
        public Future<?> stop() {
            waits.requestStop();
            return over.future();
        }

        @Override
        public void wake() {
            waits.wake();
        }

        @Override
        public void requestStop() {
            waits.requestStop();
        }

        /** Asks the program to end, and completes when it has and nothing of it is left. */
        public Future<Void> finish() {
            waits.requestStop();
            return gone.future();
        }

        @Override
        public void await() {
            gone.future().await();
        }
    }
}
