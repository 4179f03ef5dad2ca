package com.bytefreezer.connector.it;

import com.bytefreezer.connector.testing.S3Server;

class LakeOnS3ProxyTest extends LakeContract {
    @Override
    S3Server start() {
        return S3Server.s3proxy();
    }
}
