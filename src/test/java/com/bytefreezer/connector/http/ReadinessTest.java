package com.bytefreezer.connector.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    @Test
    @Tag("slow")
    void aLookThatHangsIsAnAnswerToo() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        AtomicInteger looks = new AtomicInteger();
        Readiness readiness = new Readiness(() -> {
            looks.incrementAndGet();
            try {
                released.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Optional.empty();
        });
        List<CompletableFuture<Optional<String>>> answers =
                Stream.generate(readiness::ask).limit(100).toList();
        for (CompletableFuture<Optional<String>> answer : answers) {
            assertThat(answer.get(30, TimeUnit.SECONDS).orElseThrow()).contains("after 3 s");
        }
        CompletableFuture<Optional<String>> later = readiness.ask();
        assertThat(looks).hasValue(1);
        released.countDown();
        assertThat(later.get(30, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void aLookThatFailsIsNotReady() throws Exception {
        Readiness readiness = new Readiness(() -> {
            throw new IllegalStateException("a secret");
        });
        assertThat(readiness.ask().get(30, TimeUnit.SECONDS).orElseThrow()).doesNotContain("secret");
    }
}
