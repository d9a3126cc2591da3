"""Characters that the standard's Big5 has, and Python's codec `big5hkscs` lacks."""

_CODES = (
    "877a 877b 877c 877d 877e 87a1 87a2 87a3 87a4 87a5 87a6 87a7 87a8 87a9 87aa 87ab 87ac 87ad 87ae 87af 87b0 87b1 "
    "87b2 87b3 87b4 87b5 87b6 87b7 87b8 87b9 87ba 87bb 87bc 87bd 87be 87bf 87c0 87c1 87c2 87c3 87c4 87c5 87c6 87c7 "
    "87c8 87c9 87ca 87cb 87cc 87cd 87ce 87cf 87d0 87d1 87d2 87d3 87d4 87d5 87d6 87d7 87d8 87d9 87da 87db 87dc 87dd "
    "87de 87df 8e69 8e6f 8e7e 8eab 8eb4 8ecd 8ed0 8f57 8f69 8f6e 8fcb 8fcc 8ffe 906d 907a 90dc 90f1 91bf 9244 92af "
    "92b0 92b1 92b2 92c8 92d1 9447 94ca 95d9 9644 96ed 96fc 9b76 9b78 9b7b 9bc6 9bde 9bec 9bf6 9c42 9c53 9c62 9c68 "
    "9c6b 9c77 9cbc 9cbd 9cd0 9d57 9d5a 9dc4 9ea9 9eef 9efd 9f60 9f66 9fcb 9fd8 a063 a077 a0d5 a0df a0e4 a3c0 a3c1 "
    "a3c2 a3c3 a3c4 a3c5 a3c6 a3c7 a3c8 a3c9 a3ca a3cb a3cc a3cd a3ce a3cf a3d0 a3d1 a3d2 a3d3 a3d4 a3d5 a3d6 a3d7 "
    "a3d8 a3d9 a3da a3db a3dc a3dd a3de a3df a3e0 a3e1 c6cf c6d3 c6d5 c6d7 c6de c6df fa5f fa66 fabd fac5 fad5 fb48 "
    "fbb8 fbf3 fbf9 fc4f fc6c fcb9 fce2 fcf1 fdb7 fdb8 fdbb fdf1 fe52 fe6f feaa fedd"
)
_CHARACTERS = (
    "㡵𡵓𣚞𦀡㻬𥣞㫵竼龗𤅡𨤍𣇪𠪊𣉞䌊蒄龖鐯䤰蘓墖靊鈘秐稲晠権袝瑌篅枂稬剏遆㓦珄𥶹瓆鿇垳䤯呌䄱𣚎堘穲𧭥讏䚮𦺈䆁𥶙"
    "箮𢒼鿈𢓁𢓉𢓌鿉蔄𣖻䂴鿊䓡𪷿拁灮鿋箸簆糎緒縝者耨菁蒨萏覦覩起都銹靜響鼖蔃兙兛兝兞鍮瑹浧禛邗靝瀞嬨爁矗纇駖釔"
    "惞澶輶侻營鄄鷰菏尐秣婧輋筑拐恢痹汊鬮鼗僭弌蠏拎瑨煢牐␀␁␂␃␄␅␆␇␈␉␊␋␌␍␎␏␐␑␒␓␔␕␖␗␘␙"
    "␚␛␜␝␞␟␡€廴无癶隶〃仝倩偽包卄卿嘅婷幵廐彘悤撐晴杞沜渝港煮猪瑜瓩砉"
)

MISSING = dict(zip(map(bytes.fromhex, _CODES.split()), _CHARACTERS, strict=True))
