package com.bytefreezer.connector.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.testing.Await;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class PatienceTest {
    private final Patience patience = new Patience();

    @Test
    void doesNotWaitForWhatHangsAndAsksAgainOnceItAnswers() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        assertThat(patience.ask(() -> {
                    Await.until("the answer", () -> answer.getCount() == 0);
                    return "late";
                }))
                .isEmpty();

        long began = System.nanoTime();
        assertThat(patience.ask(() -> "beside it")).isEmpty();
        assertThat(System.nanoTime() - began).isLessThan(1_000_000_000L);

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
