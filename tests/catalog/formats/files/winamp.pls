[playlist]
File2=http://radio.example:8000/
Title2=Radio Example
Length2=-1
File1=C:\Music\Joga.mp3
Title1=Björk - Jóga
Length1=304
NumberOfEntries=2
Version=2
