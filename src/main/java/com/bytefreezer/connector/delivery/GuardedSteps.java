package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.jspecify.annotations.Nullable;

/**
 * Turns an {@link Error} in a step into a failure of its exchange, in every route. After such an error, Camel continues
 * after some steps as if nothing had happened, and never calls back after others; then a run would wait for ever. Safe
 * for use by several threads.
 */
public final class GuardedSteps implements InterceptStrategy {
    @Override
    public Processor wrapProcessorInInterceptors(
            CamelContext context, NamedNode step, Processor target, @Nullable Processor nextTarget) {
        return new Step(target, "step %s of route %s".formatted(step.getId(), routeOf(step)));
    }

    private static String routeOf(NamedNode step) {
        NamedNode node = step;
        while (node.getParent() != null) {
            node = node.getParent();
        }
        return node.getId();
    }

    private static final class Step extends DelegateAsyncProcessor {
        private final String name;

        Step(Processor target, String name) {
            super(target);
            this.name = name;
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            Answer answer = new Answer(callback);
            try {
                boolean sync = super.process(exchange, answer);
                answer.release();
                return sync;
            } catch (RuntimeException | Error e) {
                exchange.setException(
                        e instanceof Error
                                ? new ConnectorException("%s (%s)".formatted(Failures.describe(e), name), e)
                                : e);
                answer.failed();
                return true;
            }
        }
    }

    /** The callback of a step. It waits until {@link Step#process} knows in its own thread how the step has ended. */
    private static final class Answer implements AsyncCallback {
        private final AsyncCallback callback;
        private final Thread thread = Thread.currentThread();
        private final AtomicBoolean given = new AtomicBoolean();
        /** The three are of this thread alone. */
        private boolean processing = true;

        private boolean held;
        private boolean heldSync;

        Answer(AsyncCallback callback) {
            this.callback = callback;
        }

        @Override
        public void done(boolean sync) {
            if (Thread.currentThread().equals(thread) && processing) {
                held = true;
                heldSync = sync;
            } else if (given.compareAndSet(false, true)) {
                callback.done(sync);
            }
        }

        void release() {
            processing = false;
            if (held) {
                done(heldSync);
            }
        }

        void failed() {
            processing = false;
            done(true);
        }
    }
}
