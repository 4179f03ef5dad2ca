package com.bytefreezer.connector.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

class ErrorsAsFailuresTest {
    @Test
    void anErrorWhileASplitSeeksItsNextPartFailsIt() {
        var parts = ErrorsAsFailures.in(new Iterator<String>() {
            @Override
            public boolean hasNext() {
                throw new StackOverflowError();
            }

            @Override
            public String next() {
                throw new NoClassDefFoundError("com/example/Gone");
            }
        });

        assertThatThrownBy(parts::hasNext)
                .isInstanceOf(ConnectorException.class)
                .hasMessage("StackOverflowError. The run ends.")
                .hasCauseInstanceOf(StackOverflowError.class);
        assertThatThrownBy(parts::next)
                .isInstanceOf(ConnectorException.class)
                .hasMessage("NoClassDefFoundError: com/example/Gone. The run ends.");
    }

    @Test
    void anErrorIsNamedByItsKind() {
        var wrapped = new IllegalStateException("in a step", new OutOfMemoryError("Java heap space"));

        assertThat(Failures.describe(wrapped)).isEqualTo("OutOfMemoryError: Java heap space");
    }
}
