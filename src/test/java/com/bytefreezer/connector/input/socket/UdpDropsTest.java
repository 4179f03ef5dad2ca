package com.bytefreezer.connector.input.socket;

import static org.assertj.core.api.Assertions.assertThat;

import com.bytefreezer.connector.testing.Await;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class UdpDropsTest {
    @Test
    void theKernelTellsHowManyDatagramsNobodyTook() throws Exception {
        try (DatagramSocket nobody = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"));
                DatagramSocket sender = new DatagramSocket()) {
            nobody.setReceiveBufferSize(10_000);
            UdpDrops drops = new UdpDrops(nobody.getLocalPort());
            assertThat(drops.all()).isZero();
            for (int i = 0; i < 200; i++) {
                sender.send(new DatagramPacket(new byte[1000], 1000, nobody.getLocalSocketAddress()));
            }
            assertThat(drops.all()).isBetween(1L, 199L);
            long all = drops.all();
            Await.until("they are told", () -> drops.more() == all);
        }
    }
}
