package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.util.Iterator;
import java.util.function.Supplier;

/**
 * Turns an {@link Error} into a failure where Camel's split calls the connector. The split handles only exceptions: an
 * error ends its thread silently, and the split never returns. Safe for use by several threads.
 */
public final class ErrorsAsFailures {
    private ErrorsAsFailures() {}

    /** The same parts, guarded. */
    public static <T> Iterator<T> in(Iterator<T> parts) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return withoutErrors(parts::hasNext);
            }

            @Override
            public T next() {
                return withoutErrors(parts::next);
            }
        };
    }

    /** @throws ConnectorException instead of an error */
    public static <T> T withoutErrors(Supplier<T> work) {
        try {
            return work.get();
        } catch (Error e) {
            throw new ConnectorException(Failures.describe(e) + ". The run ends.", e);
        }
    }
}
