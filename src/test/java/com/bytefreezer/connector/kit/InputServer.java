package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.testing.ElasticMqServer;
import com.bytefreezer.connector.testing.KafkaServer;
import com.bytefreezer.connector.testing.KinesisServer;
import com.bytefreezer.connector.testing.NatsServer;
import java.net.URI;
import java.util.Map;

/**
 * A server that an input reads from.
 *
 * @param feed what {@code --set} tells the certification
 */
record InputServer(Map<String, String> feed, Runnable end) implements AutoCloseable {
    static InputServer start(String input) {
        return switch (input) {
            case "nats" -> {
                NatsServer server = NatsServer.start();
                yield new InputServer(Map.of("feed.servers", "nats://127.0.0.1:" + server.port()), server::close);
            }
            case "sqs" -> {
                ElasticMqServer server = ElasticMqServer.start();
                yield ofAws(server.endpoint(), server::close);
            }
            case "kinesis" -> {
                KinesisServer server = KinesisServer.start();
                yield ofAws(server.endpoint(), server::close);
            }
            default -> {
                KafkaServer server = KafkaServer.start();
                yield new InputServer(Map.of("feed.brokers", server.brokers()), server::close);
            }
        };
    }

    private static InputServer ofAws(URI endpoint, Runnable end) {
        return new InputServer(
                Map.of("feed.endpoint", endpoint.toString(), "feed.access-key", "any", "feed.secret-key", "secret-key"),
                end);
    }

    @Override
    public void close() {
        end.run();
    }
}
