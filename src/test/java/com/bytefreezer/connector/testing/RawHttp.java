package com.bytefreezer.connector.testing;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** A client on loopback that sends what no client of a library would send, byte by byte. */
public final class RawHttp implements AutoCloseable {
    private final Socket socket = new Socket();
    private final InputStream input;

    /** A connection. */
    public RawHttp(int port) throws IOException {
        this(port, 64 * 1024);
    }

    /** A connection that holds so many bytes which nobody has read yet. */
    public RawHttp(int port, int receiveBuffer) throws IOException {
        socket.setReceiveBufferSize(receiveBuffer);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setSoTimeout((int) Duration.ofSeconds(60).toMillis());
        input = socket.getInputStream();
    }

    /** An answer. */
    public record Answer(int status, String head, byte[] body) {
        /** The values of a header. */
        public List<String> headers(String name) {
            String start = name.toLowerCase(Locale.ROOT) + ":";
            return head.lines()
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
                    .map(line -> line.substring(start.length()).strip())
                    .toList();
        }

        /** The only value of a header, or nothing. */
        public String header(String name) {
            return String.join(", ", headers(name));
        }

        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    /** One request over a connection of its own. */
    public static Answer once(int port, String request) throws IOException {
        try (RawHttp connection = new RawHttp(port)) {
            connection.send(request);
            return connection.read(request.startsWith("HEAD "));
        }
    }

    /** Sends each character as a byte. */
    public void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** The next answer. */
    public Answer read() throws IOException {
        return read(false);
    }

    /** The next answer, which has no body where it is one to HEAD. */
    public Answer read(boolean headOnly) throws IOException {
        String head = head();
        int status = Integer.parseInt(head.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
        Answer answer = new Answer(status, head, new byte[0]);
        if (headOnly || status < 200 || status == 204 || status == 304) {
            return answer;
        }
        boolean chunked = answer.header("Transfer-Encoding").equals("chunked");
        return new Answer(status, head, chunked ? chunks() : bytes(Integer.parseInt(answer.header("Content-Length"))));
    }

    private String head() throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            head.append(next());
        }
        return head.toString();
    }

    private char next() throws IOException {
        int next = input.read();
        if (next < 0) {
            throw new EOFException("the server has closed the connection");
        }
        return (char) next;
    }

    private byte[] bytes(int number) throws IOException {
        byte[] bytes = input.readNBytes(number);
        if (bytes.length < number) {
            throw new EOFException("the answer breaks off after %d of %d bytes".formatted(bytes.length, number));
        }
        return bytes;
    }

    private byte[] chunks() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (true) {
            StringBuilder size = new StringBuilder();
            while (!size.toString().endsWith("\r\n")) {
                size.append(next());
            }
            byte[] chunk = bytes(Integer.parseInt(size.toString().strip(), 16) + 2);
            all.write(chunk, 0, chunk.length - 2);
            if (chunk.length == 2) {
                return all.toByteArray();
            }
        }
    }

    /** Reads until the server ends the connection; fails when it does not within a minute. */
    public byte[] readToEnd() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] some = new byte[4096];
        try {
            for (int count = input.read(some); count >= 0; count = input.read(some)) {
                all.write(some, 0, count);
            }
        } catch (SocketException e) {
            // Ended rudely, but ended.
        }
        return all.toByteArray();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
