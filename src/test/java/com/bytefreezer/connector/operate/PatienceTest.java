package com.bytefreezer.connector.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.Await;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PatienceTest {
    private final Patience patience = new Patience();

    @Test
    @Tag("slow")
    void doesNotWaitForWhatHangsAndAsksAgainOnceItAnswers() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        assertThat(patience.ask(() -> {
                    Await.until("the answer", () -> answer.getCount() == 0);
                    return "late";
                }))
                .isEmpty();

        AtomicBoolean asked = new AtomicBoolean();
        assertThat(patience.ask(() -> asked.getAndSet(true))).isEmpty();
        assertThat(asked).as("nobody waits for another answer").isFalse();

        answer.countDown();
        Await.until(
                "an answer",
                () -> patience.ask(() -> "again").filter("again"::equals).isPresent());
    }

    @Test
    void saysWhatHasFailed() {
        assertThatThrownBy(() -> patience.ask(() -> {
                    throw new ConnectorException("no such file");
                }))
                .isInstanceOf(ConnectorException.class)
                .hasMessage("no such file");
    }
}
