package com.bytefreezer.connector.input.socket;

import com.bytefreezer.connector.config.Networks;
import com.bytefreezer.connector.net.ServerTls;
import java.util.Optional;

/**
 * Where a feed listens.
 *
 * @param port 0: any that is free
 * @param senders who may send
 * @param tls for TCP; empty: without
 * @param longestLine bytes that are kept of an event
 */
public record SocketFeed(
        String name, String host, int port, Networks senders, Optional<ServerTls> tls, int longestLine) {}
