package com.bytefreezer.connector.destination.kafka;

import com.bytefreezer.connector.problem.Failures;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * A producer that answers every message, even if a Java error ends the thread of Kafka's client, which only logs it;
 * the next message starts a new client. A server that is not a broker causes this easily: its first bytes are read as
 * the length of an answer, which must fit into memory. Safe for use by several threads.
 */
final class AnsweringProducer implements InvocationHandler {
    private final Supplier<Producer<?, ?>> clients;
    private final Set<Answer> waiting = ConcurrentHashMap.newKeySet();
    /** Guarded by this; null after its thread ended. */
    private @Nullable Producer<?, ?> client;

    private KafkaException reason = new KafkaException();

    private AnsweringProducer(Supplier<Producer<?, ?>> clients) {
        this.clients = clients;
    }

    /** @param clients creates Kafka clients */
    public static Producer<?, ?> of(Supplier<Producer<?, ?>> clients) {
        AnsweringProducer producer = new AnsweringProducer(clients);
        producer.client();
        return (Producer<?, ?>)
                Proxy.newProxyInstance(Producer.class.getClassLoader(), new Class<?>[] {Producer.class}, producer);
    }

    /** Called once, by the first caller. */
    private final class Answer implements Callback {
        private final Callback callback;

        Answer(Callback callback) {
            this.callback = callback;
        }

        @Override
        public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception exception) {
            if (waiting.remove(this)) {
                callback.onCompletion(metadata, exception);
            }
        }
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments) throws Throwable {
        Producer<?, ?> used = client();
        Answer answer = null;
        if (arguments != null && arguments.length == 2 && arguments[1] instanceof Callback callback) {
            answer = new Answer(callback);
            waiting.add(answer);
            arguments[1] = answer;
        }
        try {
            Object result = method.invoke(used, arguments);
            if (answer != null && hasEnded(used)) {
                answer.onCompletion(null, reason);
            }
            return result;
        } catch (InvocationTargetException e) {
            if (answer != null) {
                waiting.remove(answer);
            }
            throw e.getCause();
        }
    }

    private synchronized Producer<?, ?> client() {
        if (client == null) {
            Set<Thread> before = threads();
            Producer<?, ?> begun = clients.get();
            client = begun;
            threads().stream()
                    .filter(thread -> !before.contains(thread))
                    .forEach(thread -> thread.setUncaughtExceptionHandler((ended, failure) -> ended(begun, failure)));
        }
        return client;
    }

    private synchronized boolean hasEnded(Producer<?, ?> used) {
        return used != client;
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(KafkaProducer.NETWORK_THREAD_PREFIX))
                .collect(Collectors.toSet());
    }

    private void ended(Producer<?, ?> ended, Throwable failure) {
        synchronized (this) {
            reason = new KafkaException(
                    "%s in Kafka's client; is there a broker, and does security-protocol fit it?"
                            .formatted(Failures.describe(failure)),
                    failure instanceof Exception ? failure : null);
            if (client == ended) {
                client = null;
            }
        }
        waiting.forEach(answer -> answer.onCompletion(null, reason));
        try {
            ended.close(Duration.ZERO);
        } catch (RuntimeException e) {
            // It no longer has a thread.
        }
    }
}
