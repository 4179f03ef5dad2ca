package com.bytefreezer.connector.kit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/** Sends bytes to a port of this machine, once, as a careless sender may. Safe for use by several threads. */
final class Wire {
    private static final Duration CONNECT = Duration.ofSeconds(10);
    /** For an answer, however slow the machine is. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private Wire() {}

    /**
     * An answer over HTTP.
     *
     * @param headers by their names in small letters
     */
    record Answer(int status, Map<String, String> headers, String body) {}

    /** Posts a body and waits for the answer. */
    static Answer post(int port, String path, Map<String, String> headers, byte[] body) throws IOException {
        return post(port, path, headers, body, PATIENCE);
    }

    /** @param patience for the answer; then the sender hangs up */
    static Answer post(int port, String path, Map<String, String> headers, byte[] body, Duration patience)
            throws IOException {
        try (Socket socket = connect(port)) {
            socket.setSoTimeout((int) patience.toMillis());
            write(socket, path, headers, body, body.length);
            return answer(socket.getInputStream());
        }
    }

    /** Posts the beginning of a body, and hangs up. */
    static void postBeginning(int port, String path, Map<String, String> headers, byte[] body, int whole)
            throws IOException {
        try (Socket socket = connect(port)) {
            write(socket, path, headers, body, whole);
        }
    }

    private static void write(Socket socket, String path, Map<String, String> headers, byte[] body, int length)
            throws IOException {
        StringBuilder head = new StringBuilder("POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                .formatted(path)
                .concat("Content-Length: %d\r\n".formatted(length)));
        headers.forEach(
                (name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(head.append("\r\n").toString().getBytes(UTF_8));
        all.writeBytes(body);
        try {
            socket.getOutputStream().write(all.toByteArray());
        } catch (IOException e) {
            // It has answered before it had all.
            if (socket.getInputStream().available() == 0) {
                throw e;
            }
        }
    }

    /** The connection closes after the answer. */
    private static Answer answer(InputStream in) throws IOException {
        String text = new String(in.readAllBytes(), UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            throw new IOException("no answer");
        }
        String[] lines = text.substring(0, end).split("\r\n");
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (int i = 1; i < lines.length; i++) {
            String[] parts = lines[i].split(":", 2);
            headers.put(parts[0], parts[1].strip());
        }
        return new Answer(Integer.parseInt(lines[0].split(" ", 3)[1]), headers, text.substring(end + 4));
    }

    /** Sends over a connection of its own, and returns when the other side has read all of it. */
    static void tcp(int port, byte[] bytes) throws IOException {
        try (Socket socket = connect(port)) {
            socket.setSoTimeout((int) PATIENCE.toMillis());
            socket.getOutputStream().write(bytes);
            socket.shutdownOutput();
            if (socket.getInputStream().readAllBytes().length > 0) {
                throw new IOException("there was an answer");
            }
        }
    }

    static void udp(int port, byte[] bytes) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(bytes, bytes.length, InetAddress.getLoopbackAddress(), port));
        }
    }

    /** Whether somebody takes datagrams there. */
    static boolean isTaken(int port) {
        try (DatagramSocket socket = new DatagramSocket(port, InetAddress.getLoopbackAddress())) {
            return !socket.isBound();
        } catch (BindException e) {
            return true;
        } catch (SocketException e) {
            return false;
        }
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), (int) CONNECT.toMillis());
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
