package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.util.Iterator;
import java.util.function.Supplier;

/**
 * Makes an {@link Error} a failure where a split of Camel calls the connector. It handles exceptions only there: an error
 * ends its thread without a word, and whoever waits for the split waits for ever. Safe for use by several threads.
 */
public final class ErrorsAsFailures {
    private ErrorsAsFailures() {}

    /** The same parts. */
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
