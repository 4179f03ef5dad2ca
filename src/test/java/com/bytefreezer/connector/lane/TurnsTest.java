package com.bytefreezer.connector.lane;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.testing.Await;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultUnitOfWork;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TurnsTest {
    private final DefaultCamelContext camel = new DefaultCamelContext();
    private final LaneThreads threads = new LaneThreads();
    private final List<String> begun = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void end() throws Exception {
        threads.close();
        camel.close();
    }

    @Test
    void soManyLanesOfADestinationRunAndOthersWaitInOrder() {
        Turns turns = new Turns(2, threads);
        Exchange first = begin(turns, "a/webhook");
        Exchange second = begin(turns, "b/webhook");
        Await.until("two turns", () -> begun.size() == 2);
        begin(turns, "c/webhook");
        begin(turns, "d/webhook");
        end(first);
        Await.until("the third", () -> begun.size() == 3);
        end(second);
        Await.until("the fourth", () -> begun.size() == 4);
        assertThat(begun.subList(2, 4)).containsExactly("c/webhook", "d/webhook");
    }

    @Test
    void aDestinationHoldsUpItsOwnLanesAlone() {
        Turns turns = new Turns(1, threads);
        begin(turns, "a/dead");
        begin(turns, "b/dead");
        begin(turns, "b/alive");
        Await.until("the other destination", () -> begun.contains("b/alive"));
        assertThat(begun).doesNotContain("b/dead");
    }

    @Test
    void aLaneThatRunsOnLetsTheOthersPassAfterItsTurn() {
        Turns turns = new Turns(1, threads, 0);
        Exchange big = begin(turns, "big/webhook");
        Await.until("its turn", () -> begun.size() == 1);
        assertThat(turns.isOver(Lane.parse("big/webhook"))).isFalse();
        Exchange small = begin(turns, "small/webhook");
        assertThat(turns.isOver(Lane.parse("big/webhook"))).isTrue();
        again(turns, big, "big/webhook");
        Await.until("the small one", () -> begun.size() == 2);
        end(small);
        Await.until("the big one again", () -> begun.size() == 3);
        assertThat(begun).containsExactly("big/webhook", "small/webhook", "big/webhook");
    }

    @Test
    void afterAStopNobodyWaitsAndWhatHasNotBegunDoesNot() {
        Turns turns = new Turns(1, threads);
        begin(turns, "a/webhook");
        Exchange waiting = begin(turns, "b/webhook");
        turns.endWaiting();
        Await.until("the end", () -> begun.size() == 2);
        assertThat(waiting.isRouteStop()).isTrue();
        assertThat(begin(turns, "c/webhook").isRouteStop()).isTrue();
    }

    @Test
    void aPoolServesEachLaneInOrderAndManyAtOnce() throws Exception {
        ExecutorService pool = threads.poolOfEachLane(1);
        CountDownLatch both = new CountDownLatch(2);
        for (String lane : List.of("a/webhook", "b/webhook")) {
            threads.execute(
                    Lane.parse(lane),
                    () -> pool.execute(() -> {
                        both.countDown();
                        await(both);
                    }));
        }
        both.await();
        AtomicInteger atATime = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Integer> done = Collections.synchronizedList(new ArrayList<>());
        threads.execute(Lane.parse("a/webhook"), () -> {
            for (int i = 0; i < 100; i++) {
                int number = i;
                pool.execute(() -> {
                    most.accumulateAndGet(atATime.incrementAndGet(), Math::max);
                    done.add(number);
                    atATime.decrementAndGet();
                });
            }
        });
        Await.until("all", () -> done.size() == 100);
        assertThat(most).hasValue(1);
        assertThat(done).isSorted();
    }

    private Exchange begin(Turns turns, String lane) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.getExchangeExtension().setUnitOfWork(new DefaultUnitOfWork(exchange));
        again(turns, exchange, lane);
        return exchange;
    }

    private void again(Turns turns, Exchange exchange, String lane) {
        exchange.setVariable("lane", Lane.parse(lane));
        turns.process(exchange, done -> begun.add(lane));
    }

    private static void end(Exchange exchange) {
        exchange.getUnitOfWork().done(exchange);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
